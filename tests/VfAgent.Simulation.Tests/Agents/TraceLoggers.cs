using Microsoft.Extensions.Logging;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>The agent's log becomes part of the story.</summary>
internal sealed class TraceLoggers(Trace trace) : ILoggerFactory, ILogger
{
    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => trace.IsOn;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (trace.IsOn)
            trace.Note("agent says", $"{formatter(state, exception)}{(exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})")}");
    }

    public void Dispose()
    {
    }
}
