using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace VfAgent.Logging;

/// <summary>One line an entry, for a terminal: time, level, text. Under systemd the journal's own format is used instead.</summary>
internal sealed class PlainFormatter(TimeProvider time) : ConsoleFormatter("plain")
{
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string level = logEntry.LogLevel switch
        {
            LogLevel.Critical => "fatal",
            LogLevel.Error => "error",
            LogLevel.Warning => "warn ",
            LogLevel.Information => "info ",
            _ => "debug",
        };
        textWriter.WriteLine($"{time.GetLocalNow():HH:mm:ss.fff} {level} {logEntry.Formatter(logEntry.State, logEntry.Exception)}");
        if (logEntry.Exception is not null)
            textWriter.WriteLine(logEntry.Exception);
    }
}
