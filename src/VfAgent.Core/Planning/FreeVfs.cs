using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// The VFs that a pass can still give away, lowest PF and index first. Each resource has a cursor that only moves on, so giving away
/// is O(1) in the number of attachments, and a VF is given once.
/// </summary>
internal sealed class FreeVfs
{
    private readonly HostSnapshot _host;
    private readonly Ledger _ledger;
    private readonly Dictionary<string, IEnumerator<VfId>> _cursors = new(StringComparer.Ordinal);
    private readonly Dictionary<VfId, string> _given = [];

    // What attachments without a resource name for themselves is theirs from the moment it is asked for.
    private readonly HashSet<PciAddress> _namedByConfigs;

    // All of its VFs are about to go.
    private readonly HashSet<PciAddress> _madeAnew;

    public FreeVfs(DesiredState desired, HostSnapshot host, Ledger ledger, IReadOnlyDictionary<PciAddress, PfPlan> pfs)
    {
        (_host, _ledger) = (host, ledger);
        Named = new NamedVfs(desired, host);
        _madeAnew = [.. pfs.Values.SelectMany(pf => pf.Steps).OfType<SetNumVfs>().Select(step => step.Pf)];
        _namedByConfigs = [.. desired.Attachments.Values.Where(a => a.ResourceName is null).SelectMany(a => a.NamedDevices)];
    }

    public NamedVfs Named { get; }

    /// <summary>Gives the attachment the next VF of a resource; null when there is none.</summary>
    public VfId? Next(string attachment, ResourceSpec resource, ResourcePlan plan)
    {
        if (!_cursors.TryGetValue(resource.Name, out IEnumerator<VfId>? cursor))
            _cursors.Add(resource.Name, cursor = Free(resource, plan).GetEnumerator());

        while (cursor.MoveNext())
        {
            if (_given.TryAdd(cursor.Current, attachment))
                return cursor.Current;
        }

        return null;
    }

    /// <summary>Gives the attachment this very VF, if nobody has it.</summary>
    public bool TryTake(string attachment, VfId id) => HolderOf(id) is null && _given.TryAdd(id, attachment);

    /// <summary>The attachment that has the VF, from before or from this pass.</summary>
    public string? HolderOf(VfId id) => _ledger.HolderOf(id) ?? _given.GetValueOrDefault(id);

    /// <summary>Whether a pool may give this VF to a container, once those that have a VF of their own have got it.</summary>
    public bool IsLeftFor(string pool, VfId id, VirtualFunction vf) =>
        !_madeAnew.Contains(id.Pf) && !vf.IsTheHosts && IsLeftFor(pool, id, vf.Address);

    /// <param name="pool">The attachment.</param>
    /// <param name="id">null for a device that is no VF of this host now.</param>
    /// <param name="device">Its address.</param>
    public bool IsLeftFor(string pool, VfId? id, PciAddress device) =>
        (id is null || (HolderOf(id.Value) ?? pool) == pool) && !Named.Has(device, otherThan: pool) && !_namedByConfigs.Contains(device);

    private IEnumerable<VfId> Free(ResourceSpec resource, ResourcePlan plan) =>
        from pf in plan.ManagedPfs
        where !_madeAnew.Contains(pf)
        from vf in _host.Pfs[pf].Vfs
        let id = new VfId(pf, vf.Index)
        where plan.IsAbout(id) && IsUsable(resource, vf) && _ledger.HolderOf(id) is null &&
            _host.Containers.UserOf(vf.Address) is null && !Named.Has(vf.Address) && !_namedByConfigs.Contains(vf.Address)
        select id;

    // One whose interface is away is in somebody's hands, though no configuration here says whose; one in a bond is in the host's.
    private static bool IsUsable(ResourceSpec resource, VirtualFunction vf) =>
        resource.IsVfio ? vf.OnVfio : vf is { OnVfio: false, Driver: not null, Netdev: not null, IsTheHosts: false };
}
