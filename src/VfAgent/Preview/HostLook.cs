using System.Collections.Immutable;
using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Options;
using VfAgent.Reconcile;
using VfAgent.State;

namespace VfAgent.Preview;

/// <summary>
/// The host and the ledger as the agent would read them at its start, in one go and without touching anything. What only root may read and
/// this process may not is an error: a plan made of half the picture would be another plan.
/// </summary>
/// <param name="kernel">The machine.</param>
/// <param name="disk">Its files.</param>
/// <param name="settings">The agent's.</param>
/// <param name="broker">The broker's address; null when only its name is known, which is not looked up.</param>
/// <param name="time">The clock.</param>
internal sealed class HostLook(IKernel kernel, IDisk disk, Settings settings, IPAddress? broker, TimeProvider time)
{
    private readonly HostPaths _paths = HostPaths.Of(settings);
    private readonly Worker _worker = new(kernel, time);
    private readonly PfReader _pfs = new(kernel, HostPaths.Of(settings), () => broker);

    /// <returns>What was read, or one line that says what could not be.</returns>
    public async Task<(HostReading? Reading, string? Error)> ReadAsync()
    {
        Attempt<IoResult<ImmutableArray<PciAddress>>> list = await _worker.RunAsync(_pfs.ListPfs, Deadlines.Observe);
        if (list.Hung is not null || !list.Value.Ok)
            return (null, list.Hung is null ? list.Value.Error!.ToString() : Late("list the PCI devices"));

        (PciAddress Address, Attempt<IoResult<Seen>> Look)[] looks = await Task.WhenAll(list.Value.Value.Select(async address =>
            (address, await _worker.RunAsync(() => ReadPf(address), Deadlines.Observe))));
        if (looks.FirstOrDefault(look => look.Look.Hung is not null) is { Look.Hung: not null } hung)
            return (null, Late($"read {hung.Address}"));
        if (looks.FirstOrDefault(look => !look.Look.Value.Ok) is { Look.Value.Error: { } unknown })
            return (null, unknown.ToString());

        IEnumerable<PhysicalFunction> pfs = looks.Select(look => look.Look.Value.Value.Pf).OfType<PhysicalFunction>();
        Attempt<IoResult<HostReading>> files = await _worker.RunAsync(() => ReadFiles(pfs), Deadlines.Observe);
        return files.Hung is not null ? (null, Late("read the agent's and CNI's folders"))
            : files.Value.Ok ? (files.Value.Value, null)
            : (null, files.Value.Error.ToString());
    }

    private IoResult<Seen> ReadPf(PciAddress address)
    {
        var look = new Look();
        return look.Seen(new Seen(_pfs.Read(address, look)));
    }

    private IoResult<HostReading> ReadFiles(IEnumerable<PhysicalFunction> pfs)
    {
        var files = new DurableFiles(disk);
        var ledger = new LedgerFiles(files, settings.Agent.StateDirectory);
        var containers = new ContainerRecordReader(disk, kernel, _paths);
        var backends = new BackendReader(disk, settings.Runtime.Backends);
        IoResult<(Ledger Ledger, IReadOnlyList<string> Unreadable)> recorded = ledger.Read();
        if (!recorded.Ok)
            return recorded.Error;

        var owned = new OwnedFolderReader(files, _paths);
        var look = new Look();
        return look.Seen(new HostReading(
            new HostSnapshot
            {
                HostId = settings.Agent.HostId,
                Pfs = pfs.ToImmutableSortedDictionary(pf => pf.Address, pf => pf),
                Features = new FeatureReader(kernel, _paths).Read(),
                Backends = backends.Read(look).Backends,
                PodmanNetworks = owned.PodmanNetworks(NetworkFolder.Empty, look, look),
                Conflists = owned.Conflists(NetworkFolder.Empty, look, look),
                Containers = containers.Read(ContainerRecords.Empty, look),
                CdiSpecs = owned.CdiSpecs(HostSnapshot.Empty.CdiSpecs, look),
            },
            recorded.Value.Ledger,
            recorded.Value.Unreadable));
    }

    private static string Late(string what) => FailureReasons.Timeout(what, Deadlines.Observe).Message;

    // A PF that went while it was looked at is null, which no result can be.
    private readonly record struct Seen(PhysicalFunction? Pf);
}

/// <param name="Host">What was read of the kernel and the folders.</param>
/// <param name="Ledger">What the agent owns.</param>
/// <param name="Unreadable">Ledger entries that are broken: the agent goes on without them.</param>
internal sealed record HostReading(HostSnapshot Host, Ledger Ledger, IReadOnlyList<string> Unreadable);
