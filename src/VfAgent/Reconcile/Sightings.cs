using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Reconcile;

/// <summary>What was done and seen becomes the next picture of the host.</summary>
internal static class Sightings
{
    /// <summary>After a step that reported success: VFs that it makes appear, or change driver, are awaited.</summary>
    public static HostSnapshot After(this HostSnapshot host, Step step) => step switch
    {
        SetNumVfs { NumVfs: 0 } s => host.AwaitingNoneOf(s.Pf),
        SetNumVfs s => host with { Awaited = host.Awaited.Union(Enumerable.Range(0, s.NumVfs).Select(index => new VfId(s.Pf, index))) },
        ProbeDriver s => host with { Awaited = host.Awaited.Add(s.Vf) },
        _ => host,
    };

    /// <param name="host">The picture so far.</param>
    /// <param name="address">The PF that was looked at.</param>
    /// <param name="sight">What was seen.</param>
    /// <param name="vfsAreNew">The kernel may still be about to bind their drivers.</param>
    public static HostSnapshot With(this HostSnapshot host, PciAddress address, Sight sight, bool vfsAreNew)
    {
        if (sight.Features is not null)
            host = host with { Features = sight.Features };
        if (sight.Pf is not { } pf)
            return host.AwaitingNoneOf(address) with { Pfs = host.Pfs.Remove(address) };

        // Equal content keeps the old instance, so that nothing downstream sees a change.
        if (!pf.Equals(host.Pfs.GetValueOrDefault(address)))
            host = host with { Pfs = host.Pfs.SetItem(address, pf) };
        IEnumerable<VirtualFunction> complete = pf.Vfs.Where(vf => !vf.NetdevAway && !(vf.Driver is null && vfsAreNew));
        return host with { Awaited = host.Awaited.Except(complete.Select(vf => new VfId(address, vf.Index))) };
    }

    /// <summary>The PF whose VF was last seen at this address.</summary>
    public static PciAddress? PfOf(this HostSnapshot host, PciAddress vf) =>
        host.Pfs.Values.FirstOrDefault(pf => pf.Vfs.Any(v => v.Address == vf))?.Address;

    private static HostSnapshot AwaitingNoneOf(this HostSnapshot host, PciAddress pf) =>
        host with { Awaited = host.Awaited.Except(host.Awaited.Where(vf => vf.Pf == pf)) };
}
