namespace VfAgent.Reconcile;

/// <summary>Wakes the loop at the earliest of the times at which something is due.</summary>
internal sealed class Alarm(TimeProvider time, Action wake) : IDisposable
{
    private readonly ITimer _timer = time.CreateTimer(_ => wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <param name="now">The time by the same clock.</param>
    /// <param name="dues">When what is due; null what is not. One that has passed rings at once.</param>
    public void Set(DateTimeOffset now, IEnumerable<DateTimeOffset?> dues)
    {
        TimeSpan wait = dues.Min() is not { } due ? Timeout.InfiniteTimeSpan : due > now ? due - now : TimeSpan.Zero;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
