using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Doctor;

/// <summary>Says why there is no connection to the broker, and what to do.</summary>
internal static class ConnectFailure
{
    private const string RetainRemedy = "switch retained messages on (mosquitto: retain_available true)";
    private const string CheckAddress = "check host and port of Mqtt:Server; 1883 and 8883 are usual, a websocket is ws:// or wss://";

    /// <summary>Why a connect threw.</summary>
    public static Finding Explain(Exception exception, ConnectionSettings settings, CertificateWitness certificate)
    {
        ServerAddress server = settings.Server;
        if (certificate.Problem is { } problem)
            return Failure(server, problem, CertificateRemedy(settings, certificate));

        IReadOnlyList<Exception> causes = [.. Causes(exception)];
        SocketError? error = causes.OfType<SocketException>().FirstOrDefault()?.SocketErrorCode;
        (string what, string remedy) = error switch
        {
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => (
                $"the name {server.Host} is not known (DNS)", "correct the host in Mqtt:Server, or make the name known (DNS, /etc/hosts)"),
            SocketError.ConnectionRefused => (
                "connection refused: nothing listens there",
                "start the broker, let it listen on more than loopback (mosquitto: listener 1883), or correct Mqtt:Server"),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown => (
                "no route to it", "look at this host's addresses and routes (ip route get)"),
            SocketError.TimedOut => NoAnswer(causes),
            // A TLS 1.3 server asks for the client's certificate within the handshake, but refuses it after that.
            _ when certificate.Accepted => (
                "the broker ended the connection right after the TLS handshake",
                settings.CertificateFile is null
                    ? "it may ask for a client certificate: set Mqtt:CertificateFile and Mqtt:KeyFile. Its log has the reason"
                    : $"it may not accept the client certificate {settings.CertificateFile}: is it of an authority that the broker trusts, " +
                      "and still valid? Its log has the reason"),
            _ when causes.Any(cause => cause is TimeoutException) => NoAnswer(causes),
            _ when causes.Any(cause => cause is MqttProtocolViolationException) => ("what answers there is no MQTT 5 broker", CheckAddress),
            _ when server.IsTls => (
                $"no TLS handshake: {causes[^1].Message}",
                $"does the broker speak TLS on this port? If not, use {(server.IsWebSocket ? "ws" : "mqtt")}://"),
            _ => (
                $"the broker ended the connection: {causes[^1].Message}",
                $"is this a {(server.IsWebSocket ? "websocket" : "MQTT")} port, and one without TLS? If it is one with TLS, use " +
                $"{(server.IsWebSocket ? "wss" : "mqtts")}://. Its log has the reason"),
        };
        return Failure(server, what, remedy);
    }

    /// <summary>Why a CONNACK is no good.</summary>
    /// <param name="connack">What the broker answered.</param>
    /// <param name="reason">What is wrong with that.</param>
    /// <param name="settings">What it was asked with.</param>
    /// <param name="agentClientId">The agent's, where <paramref name="settings"/> has another.</param>
    public static Finding Explain(MqttClientConnectResult connack, string reason, ConnectionSettings settings, string agentClientId)
    {
        string remedy = connack.ResultCode switch
        {
            MqttClientConnectResultCode.BadUserNameOrPassword or MqttClientConnectResultCode.NotAuthorized => settings.UserName is null
                ? "the broker takes no anonymous clients: set Mqtt:UserName and Mqtt:PasswordFile"
                : $"check Mqtt:UserName ({settings.UserName}) and the password in {settings.PasswordFile ?? "Mqtt:PasswordFile (not set)"}",
            MqttClientConnectResultCode.ClientIdentifierNotValid =>
                $"allow the client ids {agentClientId} (the agent's) and {settings.ClientId} (this check's)",
            MqttClientConnectResultCode.UnsupportedProtocolVersion => "use a broker with MQTT 5 (mosquitto 1.6 or later)",
            MqttClientConnectResultCode.ServerBusy or MqttClientConnectResultCode.ServerUnavailable
                or MqttClientConnectResultCode.ConnectionRateExceeded => "look again later; the agent goes on trying",
            MqttClientConnectResultCode.UseAnotherServer or MqttClientConnectResultCode.ServerMoved =>
                "set Mqtt:Server to the broker that it names",
            MqttClientConnectResultCode.RetainNotSupported => RetainRemedy,
            MqttClientConnectResultCode.Success when !connack.RetainAvailable => RetainRemedy,
            MqttClientConnectResultCode.Success when connack.MaximumQoS == MqttQualityOfServiceLevel.AtMostOnce =>
                "allow QoS 1 (mosquitto: max_qos 1)",
            _ => "read the broker's log",
        };
        return Failure(settings.Server, reason, remedy);
    }

    private static string CertificateRemedy(ConnectionSettings settings, CertificateWitness certificate) => certificate.IsForAnotherHost
        ? $"give the broker a certificate with {settings.Server.Host} among its subject alternative names, or one of those names to Mqtt:Server"
        : settings.CaFile is null
            ? "set Mqtt:CaFile to the authority that issued the broker's certificate (PEM), or install that authority on this host"
            : $"is the authority that issued it in {settings.CaFile}, and is the certificate still valid (this host's clock too)?";

    private static (string What, string Remedy) NoAnswer(IReadOnlyList<Exception> causes) => (
        causes.OfType<TimeoutException>().FirstOrDefault()?.Message ?? "no answer",
        $"is a firewall in between, or something else than a broker on that port? {CheckAddress}");

    private static Finding Failure(ServerAddress server, string what, string remedy) =>
        Finding.Failure("connect", $"{server}: {what}", remedy);

    private static IEnumerable<Exception> Causes(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
            yield return exception;
    }
}
