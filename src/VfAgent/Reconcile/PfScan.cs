using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>The line of work that finds out which PFs the host has.</summary>
/// <param name="reader">Lists them.</param>
/// <param name="worker">Where it is done.</param>
/// <param name="events">Where a failure is told.</param>
/// <param name="ended">Given the PFs after each run; null when they could not be listed.</param>
/// <param name="faulted">Given a bug.</param>
internal sealed class PfScan(PfReader reader, Worker worker, EventLog events, Action<ImmutableArray<PciAddress>?> ended, Action<Exception> faulted)
{
    private readonly Recheck _recheck = new(Deadlines.FirstRecheck, Deadlines.LongestRecheck);
    private bool _busy;
    private bool _dirty = true;

    /// <summary>Whether they were listed since the start: before that nothing can be said of what is there.</summary>
    public bool Seen { get; private set; }

    /// <summary>A PF may have come or gone: they are listed.</summary>
    public void Touch() => _dirty = true;

    public bool IsLookDue(DateTimeOffset now) => !_busy && (_dirty || _recheck.IsDue(now));

    /// <summary>When something is due here by itself; null when nothing is.</summary>
    public DateTimeOffset? NextAt => _busy ? null : _recheck.NextAt;

    public void Start(DateTimeOffset now)
    {
        _busy = true;
        _dirty = false;
        _recheck.Begin(now);
        _ = RunAsync();
    }

    /// <summary>The loop takes a run's report.</summary>
    public void Take(ImmutableArray<PciAddress>? pfs, DateTimeOffset now)
    {
        _busy = false;
        Seen |= pfs is not null;
        if (pfs is null)
            _recheck.Want(now);
        else
            _recheck.Reset();
    }

    private async Task RunAsync()
    {
        try
        {
            ended(await ListAsync());
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }

    private async Task<ImmutableArray<PciAddress>?> ListAsync()
    {
        Attempt<IoResult<ImmutableArray<PciAddress>>> scan = await worker.RunAsync(reader.ListPfs, Deadlines.Observe);
        if (scan.Hung is { } hung)
        {
            // It is not tried again while it hangs: each try would cost a thread.
            events.Error("agent", "DiscoveryFailed", "listing the PCI devices does not return");
            await Worker.ReturnOf(hung);
            return null;
        }

        if (scan.Value.Ok)
            return scan.Value.Value;

        events.Error("agent", "DiscoveryFailed", scan.Value.Error.ToString());
        return null;
    }
}
