using VfAgent.Linux;

namespace VfAgent.Reconcile;

/// <summary>
/// Gives memory back once work has calmed down. The collector keeps what a burst of configs needed, in case the next one comes soon; the
/// agent waits for hours instead, on hosts whose memory is somebody else's.
/// </summary>
internal sealed class MemoryTrim : IDisposable
{
    private static readonly TimeSpan _calm = TimeSpan.FromSeconds(3);

    private readonly ITimer _timer;

    public MemoryTrim(TimeProvider time, Action trim) =>
        _timer = time.CreateTimer(_ => trim(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>The collector's most thorough way, and what of the executable only the work needed.</summary>
    public static void Collect()
    {
        ProcessImage.Release();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>Something was done: the calm begins anew.</summary>
    public void Worked() => _timer.Change(_calm, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
