using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Mqtt;

/// <summary>What a CONNACK or the end of a connection means for us (MQTT 5 §3.2.2, §3.14.2.1).</summary>
internal static class ConnectionVerdict
{
    private const string NoRetain =
        "the broker has no retained messages (CONNACK Retain Available 0, or reason 0x9A); config and status are retained, so it cannot be used";

    private const string NoQos1 =
        "the broker offers QoS 0 only (CONNACK Maximum QoS 0, or reason 0x9B); config could be lost unseen, so it cannot be used";

    private const string NoWildcards =
        "the broker has no wildcard subscriptions (CONNACK Wildcard Subscription Available 0), without which no config can be received";

    /// <returns>null when the connection is good.</returns>
    public static ConnectionEnd? Of(MqttClientConnectResult connack) => connack.ResultCode switch
    {
        MqttClientConnectResultCode.Success when !connack.RetainAvailable => new(ConnectionEndKind.Final, NoRetain),
        MqttClientConnectResultCode.Success when connack.MaximumQoS == MqttQualityOfServiceLevel.AtMostOnce => new(ConnectionEndKind.Final, NoQos1),
        MqttClientConnectResultCode.Success when !connack.WildcardSubscriptionAvailable => new(ConnectionEndKind.Final, NoWildcards),
        MqttClientConnectResultCode.Success => null,
        MqttClientConnectResultCode.RetainNotSupported => new(ConnectionEndKind.Final, NoRetain),
        MqttClientConnectResultCode.QoSNotSupported => new(ConnectionEndKind.Final, NoQos1),
        MqttClientConnectResultCode.ServerUnavailable
            or MqttClientConnectResultCode.ServerBusy
            or MqttClientConnectResultCode.ConnectionRateExceeded => new(ConnectionEndKind.Lost, Text(connack.ResultCode, connack.ReasonString)),
        _ => new(ConnectionEndKind.Refused, Text(connack.ResultCode, connack.ReasonString)),
    };

    /// <param name="disconnect">The broker's last packet.</param>
    /// <param name="clientId">Ours.</param>
    /// <returns>null when the broker has not said why.</returns>
    public static ConnectionEnd? Of(MqttDisconnectPacket? disconnect, string clientId) => disconnect?.ReasonCode switch
    {
        null or MqttDisconnectReasonCode.NormalDisconnection => null,
        MqttDisconnectReasonCode.SessionTakenOver => TakenOver(clientId),
        MqttDisconnectReasonCode.NotAuthorized
            or MqttDisconnectReasonCode.AdministrativeAction
            or MqttDisconnectReasonCode.QuotaExceeded => new(ConnectionEndKind.Refused, Text(disconnect.ReasonCode, disconnect.ReasonString)),
        _ => new(ConnectionEndKind.Lost, Text(disconnect.ReasonCode, disconnect.ReasonString)),
    };

    /// <summary>Going on would take it back, and so on for ever.</summary>
    public static ConnectionEnd TakenOver(string clientId) => new(
        ConnectionEndKind.TakenOver, $"another client took over the session \"{clientId}\": a second agent runs with this Agent:HostId");

    // Both enums have MQTT's numbers.
    private static string Text<TCode>(TCode code, string? text)
        where TCode : struct, Enum, IConvertible =>
        $"{code} (0x{code.ToInt32(null):X2}){(string.IsNullOrEmpty(text) ? "" : $" {text}")}";
}
