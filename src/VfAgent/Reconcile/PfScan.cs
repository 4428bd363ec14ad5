using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>The line of work that finds out which PFs the host has.</summary>
internal sealed class PfScan(PfReader reader, Worker worker, EventLog events, Action<ScanRun> ended, Action<Exception> faulted)
{
    public bool Busy { get; private set; }

    /// <summary>The PFs have to be listed.</summary>
    public bool Due { get; set; } = true;

    /// <summary>Whether they were since the start, or could not be.</summary>
    public bool Seen { get; private set; }

    public void Start()
    {
        Busy = true;
        Due = false;
        _ = GuardAsync();
    }

    /// <summary>The loop has taken the run's report.</summary>
    public void Finish()
    {
        Busy = false;
        Seen = true;
    }

    private async Task GuardAsync()
    {
        try
        {
            ended(new ScanRun(await ListAsync()));
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }

    private async Task<ImmutableArray<PciAddress>> ListAsync()
    {
        Attempt<IoResult<ImmutableArray<PciAddress>>> scan = await worker.RunAsync(reader.ListPfs, Deadlines.Observe);
        if (scan.Hung is null && scan.Value.Ok)
            return scan.Value.Value;

        events.Error("agent", "DiscoveryFailed", scan.Hung is null ? scan.Value.Error!.ToString() : "listing the PCI devices does not return");
        return default;
    }
}

/// <param name="Pfs">The PFs of the host; default when they could not be listed.</param>
internal sealed record ScanRun(ImmutableArray<PciAddress> Pfs);
