using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace VfAgent.Tests.Mqtt;

/// <summary>What happened, in one order for all who take part; a test waits for a line instead of for a time.</summary>
internal sealed class Journal
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public void Add(string line)
    {
        TaskCompletionSource added;
        lock (_gate)
        {
            _lines.Add(line);
            (added, _added) = (_added, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        added.SetResult();
    }

    public int Count(string line) => Lines.Count(other => other == line);

    public IReadOnlyList<string> StartingWith(string prefix) => [.. Lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];

    public async Task WaitForAsync(string line, int times = 1)
    {
        while (true)
        {
            Task added;
            lock (_gate)
            {
                if (_lines.Count(other => other == line) >= times)
                    return;

                added = _added.Task;
            }

            try
            {
                await added.WaitAsync(_patience, TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"No \"{line}\" (time {times}) after:\n{string.Join('\n', Lines)}");
            }
        }
    }
}

/// <summary>A clock that stands still until told, and writes down for what it is asked to wake whom, so that a test knows when to advance it.</summary>
internal sealed class JournalTime(Journal journal) : FakeTimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        journal.Add($"timer {dueTime.TotalSeconds}");
        return new Watched(timer, journal);
    }

    private sealed class Watched(ITimer timer, Journal journal) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = timer.Change(dueTime, period);
            journal.Add($"timer change {dueTime.TotalSeconds}");
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}

internal sealed class JournalLogger<T>(Journal journal) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        journal.Add($"text {formatter(state, exception)} {exception}");
        journal.Add($"log {eventId.Name}");
    }
}
