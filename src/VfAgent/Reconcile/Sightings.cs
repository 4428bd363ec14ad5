using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>What was done and seen becomes the next picture of the host.</summary>
internal static class Sightings
{
    /// <summary>
    /// After a step that reported success: VFs that it makes appear, or change driver, are awaited, and a lease that was settled is none any more.
    /// </summary>
    public static HostSnapshot After(this HostSnapshot host, Step step) => step switch
    {
        SetNumVfs { NumVfs: 0 } s => host.AwaitingNoneOf(s.Pf),
        SetNumVfs s => host with { Awaited = host.Awaited.Union(Enumerable.Range(0, s.NumVfs).Select(index => new VfId(s.Pf, index))) },
        SettleLease s => host with { Containers = host.Containers.Without(s.Lease) },
        ProbeDriver or RebindDriver => host with { Awaited = host.Awaited.Add(((IVfStep)step).Vf) },
        _ => host,
    };

    /// <summary>Drivers have refused settings.</summary>
    public static HostSnapshot With(this HostSnapshot host, IReadOnlyList<(VfRequest Request, Finding Finding)> refusals) => refusals.Count == 0
        ? host
        : host with { Refused = host.Refused.SetItems(refusals.Select(refusal => KeyValuePair.Create(refusal.Request, refusal.Finding))) };

    /// <summary>What was refused is worth another try.</summary>
    public static HostSnapshot Forgetting(this HostSnapshot host, Func<VfRequest, Finding, bool> which) => host.Refused.IsEmpty
        ? host
        : host with { Refused = host.Refused.RemoveRange(host.Refused.Where(entry => which(entry.Key, entry.Value)).Select(entry => entry.Key)) };

    /// <summary>A value was refused, which may be taken in other circumstances, such as with the link up.</summary>
    public static bool IsOfValue(Finding refusal) => refusal.Reason == Reasons.AttributeRejected;

    /// <summary>A PF could not be looked at: what was seen of it before still stands for it.</summary>
    public static HostSnapshot Missing(this HostSnapshot host, PciAddress pf) =>
        host.Pfs.ContainsKey(pf) || host.Unread.Contains(pf) ? host : host with { Unread = host.Unread.Add(pf) };

    /// <param name="host">The picture so far.</param>
    /// <param name="address">The PF that was looked at.</param>
    /// <param name="sight">What was seen.</param>
    /// <param name="vfsAreNew">The kernel may still be about to bind their drivers.</param>
    /// <param name="linked">Devices whose netdev is not still to come.</param>
    public static HostSnapshot With(this HostSnapshot host, PciAddress address, Sight sight, bool vfsAreNew, IReadOnlySet<PciAddress> linked)
    {
        host = host.Unread.Contains(address) ? host with { Unread = host.Unread.Remove(address) } : host;
        if (sight.Features is not null)
            host = host with { Features = sight.Features };
        if (sight.Pf is not { } pf)
            return host.AwaitingNoneOf(address).Forgetting((request, _) => request.Vf.Pf == address) with { Pfs = host.Pfs.Remove(address) };

        if (pf.Netdev != host.Pfs.GetValueOrDefault(address)?.Netdev)
            host = host.Forgetting((request, refusal) => request.Vf.Pf == address && IsOfValue(refusal));

        // Equal content keeps the old instance, so that nothing downstream sees a change.
        if (!pf.Equals(host.Pfs.GetValueOrDefault(address)))
            host = host with { Pfs = host.Pfs.SetItem(address, pf) };
        IEnumerable<VirtualFunction> complete = pf.Vfs.Where(vf => vf.NetdevAway ? linked.Contains(vf.Address) : !(vf.Driver is null && vfsAreNew));
        return host with { Awaited = host.Awaited.Except(complete.Select(vf => new VfId(address, vf.Index))) };
    }

    /// <summary>Whether the netdev of a VF has gone to another network namespace, or come from one.</summary>
    public static bool HasMovedVfs(this HostSnapshot host, PciAddress pf, Sight sight) =>
        host.Pfs.GetValueOrDefault(pf) is { } before && sight.Pf is { } now &&
        !before.Vfs.Select(vf => vf.NetdevAway).SequenceEqual(now.Vfs.Select(vf => vf.NetdevAway));

    /// <summary>The PF whose VF was last seen at this address.</summary>
    public static PciAddress? PfOf(this HostSnapshot host, PciAddress vf) =>
        host.Pfs.Values.FirstOrDefault(pf => pf.Vfs.Any(v => v.Address == vf))?.Address;

    private static HostSnapshot AwaitingNoneOf(this HostSnapshot host, PciAddress pf) =>
        host with { Awaited = host.Awaited.Except(host.Awaited.Where(vf => vf.Pf == pf)) };
}
