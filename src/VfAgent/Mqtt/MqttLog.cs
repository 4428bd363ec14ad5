using Microsoft.Extensions.Logging;

namespace VfAgent.Mqtt;

/// <summary>Everything that the MQTT side says, event ids 1000 to 1099.</summary>
internal static partial class MqttLog
{
    [LoggerMessage(1000, LogLevel.Information, "Connected to {Server}; the broker {SessionState} our session.")]
    public static partial void Connected(ILogger logger, ServerAddress server, string sessionState);

    [LoggerMessage(1001, LogLevel.Warning, "Cannot connect to {Server}: {Reason}")]
    public static partial void ConnectFailed(ILogger logger, ServerAddress server, string reason);

    [LoggerMessage(1002, LogLevel.Error, "{Server} refused the connection: {Reason}")]
    public static partial void ConnectRefused(ILogger logger, ServerAddress server, string reason);

    [LoggerMessage(1003, LogLevel.Warning, "The connection to {Server} is lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, ServerAddress server, string reason);

    [LoggerMessage(1004, LogLevel.Information, "Next connect in {Delay}.")]
    public static partial void Reconnecting(ILogger logger, TimeSpan delay);

    [LoggerMessage(1005, LogLevel.Critical, "The MQTT session ends: {Reason}")]
    public static partial void SessionEnded(ILogger logger, string reason);

    [LoggerMessage(1006, LogLevel.Information, "Disconnected from {Server}.")]
    public static partial void Disconnected(ILogger logger, ServerAddress server);

    [LoggerMessage(1007, LogLevel.Error, "Cannot connect, a file is not usable: {Problem}")]
    public static partial void FileProblem(ILogger logger, string problem);

    [LoggerMessage(1010, LogLevel.Error, "The broker did not accept the subscription to {Filter} ({ReasonCode} {ReasonText}); asked again in {Delay}.")]
    public static partial void SubscriptionRefused(ILogger logger, string filter, string reasonCode, string reasonText, TimeSpan delay);

    [LoggerMessage(1011, LogLevel.Warning, "Stale own status cannot be looked for: the broker did not accept the subscription to {Filter} ({ReasonCode}).")]
    public static partial void SweepRefused(ILogger logger, string filter, string reasonCode);

    [LoggerMessage(1012, LogLevel.Information, "Retained messages have settled; {Cleared} stale status topics of an earlier run cleared.")]
    public static partial void Settled(ILogger logger, int cleared);

    [LoggerMessage(1013, LogLevel.Debug, "Subscribed to what is published from now on.")]
    public static partial void Subscribed(ILogger logger);

    [LoggerMessage(1020, LogLevel.Error, "Handling the message on {Topic} failed; it is not acknowledged, so the broker keeps it.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string topic);

    [LoggerMessage(1021, LogLevel.Debug, "A message on {Topic} could not be acknowledged; it will come again.")]
    public static partial void AcknowledgeFailed(ILogger logger, Exception exception, string topic);

    [LoggerMessage(1030, LogLevel.Error, "Not published, {Topic} is larger than the broker takes: {Size} of {Limit} bytes.")]
    public static partial void TooLarge(ILogger logger, string topic, long size, long limit);

    [LoggerMessage(1031, LogLevel.Error, "The broker did not accept the message on {Topic}: {ReasonCode} {ReasonText}")]
    public static partial void PublishRefused(ILogger logger, string topic, string reasonCode, string reasonText);

    [LoggerMessage(1032, LogLevel.Warning, "{Count} events were dropped, the broker was away or too slow.")]
    public static partial void EventsDropped(ILogger logger, long count);

    [LoggerMessage(1040, LogLevel.Warning, "The password file {Path} can be read or written by every user; mode 0600 is enough.")]
    public static partial void PasswordFileIsOpen(ILogger logger, string path);

    [LoggerMessage(1041, LogLevel.Error, "The broker's certificate {Subject} is not accepted: {Problem}")]
    public static partial void CertificateRejected(ILogger logger, string subject, string problem);
}
