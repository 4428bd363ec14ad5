using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using VfAgent.Protocol.V1;

namespace VfAgent.Status;

/// <summary>What the agent did and met, step by step: for the journal and for the events topic.</summary>
internal sealed partial class EventLog(TimeProvider time, string sessionId, Action<Event> publish, ILogger<EventLog> logger)
{
    private ulong _sequence;

    public void Info(string about, string reason, string message)
    {
        LogInfo(about, reason, message);
        Publish(Event.Types.Severity.Info, about, reason, message);
    }

    public void Warn(string about, string reason, string message)
    {
        LogWarning(about, reason, message);
        Publish(Event.Types.Severity.Warning, about, reason, message);
    }

    public void Error(string about, string reason, string message)
    {
        LogError(about, reason, message);
        Publish(Event.Types.Severity.Error, about, reason, message);
    }

    private void Publish(Event.Types.Severity severity, string about, string reason, string message) => publish(new Event
    {
        Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        Severity = severity,
        Object = about,
        Reason = reason,
        Message = message,
        Sequence = Interlocked.Increment(ref _sequence),
        SessionId = sessionId,
    });

    [LoggerMessage(2001, LogLevel.Information, "{About}: {Reason}: {Message}")]
    private partial void LogInfo(string about, string reason, string message);

    [LoggerMessage(2002, LogLevel.Warning, "{About}: {Reason}: {Message}")]
    private partial void LogWarning(string about, string reason, string message);

    [LoggerMessage(2003, LogLevel.Error, "{About}: {Reason}: {Message}")]
    private partial void LogError(string about, string reason, string message);
}
