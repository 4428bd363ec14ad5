using Microsoft.Extensions.Logging;

namespace VfAgent.Doctor;

/// <summary>Keeps what a part of the agent would have logged, to be told as a finding.</summary>
internal sealed class NoteTaker : ILogger
{
    private readonly List<string> _notes = [];

    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_notes)
                return [.. _notes];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_notes)
            _notes.Add(formatter(state, exception));
    }
}
