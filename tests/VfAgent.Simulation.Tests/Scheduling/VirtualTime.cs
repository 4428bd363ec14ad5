namespace VfAgent.Simulation.Tests.Scheduling;

/// <summary>The scheduler's clock as a process sees it; its timers end with the process.</summary>
internal sealed class VirtualTime(SimulatedProcess process, Scheduler scheduler) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Scheduler.Epoch + scheduler.Now;

    public override long GetTimestamp() => scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(process, scheduler, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

internal sealed class VirtualTimer(SimulatedProcess process, Scheduler scheduler, TimerCallback callback, object? state) : ITimer
{
    private TimeSpan _period;
    private int _setting;
    private bool _disposed;

    /// <summary>Whether it still waits for what this setting has set.</summary>
    public bool IsSet(int setting) => !_disposed && !process.IsDead && setting == _setting;

    public void Fire()
    {
        int fired = ++_setting;
        if (_period > TimeSpan.Zero)
            scheduler.Arm(this, fired, _period);

        // Changed or disposed meanwhile, it may still fire: so do real timers.
        process.Post(_ => callback(state), null);
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;

        _period = period;
        _setting++;
        if (dueTime != Timeout.InfiniteTimeSpan)
            scheduler.Arm(this, _setting, dueTime);

        return true;
    }

    public void Dispose() => _disposed = true;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
