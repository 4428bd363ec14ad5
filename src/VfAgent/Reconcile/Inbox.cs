using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace VfAgent.Reconcile;

/// <summary>
/// What the lanes report, from whatever thread they end on, in the order in which it comes: as what the loop does with it, given the time.
/// </summary>
internal sealed class Inbox(Action arrived)
{
    private readonly ConcurrentQueue<Action<DateTimeOffset>> _reports = new();
    private Exception? _fault;

    public void Add(Action<DateTimeOffset> report)
    {
        _reports.Enqueue(report);
        arrived();
    }

    /// <summary>A lane has met a bug: the loop ends with it.</summary>
    public void Fault(Exception exception)
    {
        Interlocked.CompareExchange(ref _fault, exception, null);
        arrived();
    }

    public bool TryTake([NotNullWhen(true)] out Action<DateTimeOffset>? report) => _reports.TryDequeue(out report);

    public void ThrowIfFaulted()
    {
        if (Volatile.Read(ref _fault) is { } fault)
            ExceptionDispatchInfo.Throw(fault);
    }
}
