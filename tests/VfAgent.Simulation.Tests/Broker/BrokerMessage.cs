using System.Buffers;
using System.Text;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>An application message as the broker keeps it and passes it on.</summary>
internal sealed record BrokerMessage(string Topic, ReadOnlyMemory<byte> Payload, string? ContentType, bool Retain)
{
    // What a PUBLISH has besides topic, content type and payload, generously.
    private const int Overhead = 24;

    public MqttQualityOfServiceLevel Qos { get; init; } = MqttQualityOfServiceLevel.AtLeastOnce;

    public MqttPayloadFormatIndicator Format { get; init; }

    public List<MqttUserProperty>? UserProperties { get; init; }

    public string Text => Encoding.UTF8.GetString(Payload.Span);

    public int Size => Encoding.UTF8.GetByteCount(Topic) + (ContentType?.Length ?? 0) + Payload.Length + Overhead;

    public static BrokerMessage Of(MqttPublishPacket packet) => new(packet.Topic, packet.Payload.ToArray(), packet.ContentType, packet.Retain)
    {
        Qos = packet.QualityOfServiceLevel,
        Format = packet.PayloadFormatIndicator,
        UserProperties = packet.UserProperties,
    };

    /// <returns>null when there is no will.</returns>
    public static BrokerMessage? OfWill(MqttConnectPacket connect) => !connect.WillFlag
        ? null
        : new BrokerMessage(connect.WillTopic, connect.WillMessage, connect.WillContentType, connect.WillRetain)
        {
            Qos = connect.WillQoS,
            Format = connect.WillPayloadFormatIndicator,
            UserProperties = connect.WillUserProperties,
        };

    /// <param name="identifier">0 at QoS 0.</param>
    /// <param name="retain">As this subscription gets it.</param>
    /// <param name="subscription">The identifier of the subscription because of which it comes; 0 for none.</param>
    /// <param name="again">Sent before over a connection that broke (DUP).</param>
    public MqttPublishPacket ToPacket(ushort identifier, bool retain, uint subscription, bool again) => new()
    {
        PacketIdentifier = identifier,
        QualityOfServiceLevel = identifier == 0 ? MqttQualityOfServiceLevel.AtMostOnce : MqttQualityOfServiceLevel.AtLeastOnce,
        Topic = Topic,
        Payload = new ReadOnlySequence<byte>(Payload),
        ContentType = ContentType,
        PayloadFormatIndicator = Format,
        UserProperties = UserProperties,
        Retain = retain,
        SubscriptionIdentifiers = subscription == 0 ? null : [subscription],
        Dup = again,
    };
}
