using System.Collections.Concurrent;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>
/// One thread for everything: what is posted runs in order, and when nothing is left to run the clock jumps to the next timer. Fails when
/// something comes from another thread.
/// </summary>
internal sealed class Loop : SynchronizationContext, IDisposable
{
    private readonly SynchronizationContext? _outer = Current;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly ConcurrentQueue<Action> _ready = new();
    private readonly Clock _clock = new();
    private volatile string? _strayed;

    public Loop() => SetSynchronizationContext(this);

    public TimeProvider Time => _clock;

    public override void Post(SendOrPostCallback d, object? state)
    {
        Check();
        _ready.Enqueue(() => d(state));
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Notes down whoever is not on the thread; the test fails at its next turn.</summary>
    public void Check()
    {
        if (Environment.CurrentManagedThreadId != _thread)
            _strayed ??= Environment.StackTrace;
    }

    /// <summary>Runs what is ready and what comes due until then.</summary>
    public void Run(TimeSpan time)
    {
        TimeSpan end = _clock.Now + time;
        do
            RunReady();
        while (_clock.FireNext(end));
        _clock.Now = end;
    }

    public void Run(double seconds) => Run(TimeSpan.FromSeconds(seconds));

    /// <summary>Runs until a condition holds, an hour at the most.</summary>
    public void Until(Func<bool> condition)
    {
        TimeSpan end = _clock.Now + TimeSpan.FromHours(1);
        RunReady();
        while (!condition())
        {
            Assert.True(_clock.FireNext(end), "It has not come, and nothing more can happen.");
            RunReady();
        }
    }

    public void Dispose() => SetSynchronizationContext(_outer);

    private void RunReady()
    {
        while (_ready.TryDequeue(out Action? action))
            action();

        Assert.Null(_strayed);
    }

    private sealed class Clock : TimeProvider
    {
        private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private readonly SortedDictionary<(TimeSpan Due, long Number), Timer> _timers = [];
        private long _number;

        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _start + Now;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timer timer = new(this, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }

        public bool FireNext(TimeSpan end)
        {
            if (_timers.Count == 0 || _timers.First() is var ((due, number), timer) && due > end)
                return false;

            _timers.Remove((due, number));
            Now = due;
            timer.Fire();
            return true;
        }

        private sealed class Timer(Clock clock, Action callback) : ITimer
        {
            private (TimeSpan Due, long Number)? _key;
            private TimeSpan _period;

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Dispose();
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    clock._timers.Add((_key = (clock.Now + dueTime, clock._number++)).Value, this);

                return true;
            }

            public void Fire()
            {
                _key = null;
                if (_period > TimeSpan.Zero)
                    Change(_period, _period);

                callback();
            }

            public void Dispose()
            {
                if (_key is { } key)
                    clock._timers.Remove(key);

                _key = null;
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
