using System.Collections.Immutable;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// Undoes what containers have left of VFs when their network namespace ended without a word. What that is the lease says, whoever has the PF. Other
/// steps for such a VF are planned from what it is then.
/// </summary>
internal static class LeasePlanner
{
    /// <param name="host">Which leases there are, and where their VFs are.</param>
    /// <param name="pfs">What else is planned.</param>
    /// <returns>The plans that become others by it.</returns>
    public static ImmutableArray<PfPlan> Plan(HostSnapshot host, IReadOnlyDictionary<PciAddress, PfPlan> pfs)
    {
        if (host.Containers.Ended.Count == 0)
            return [];

        return
        [
            .. from pf in host.Pfs.Values
               let settling = Settling(pf, host)
               where !settling.IsEmpty
               select First(settling, pfs.GetValueOrDefault(pf.Address) ?? new PfPlan(pf.Address, [], [], [])),
        ];
    }

    // One whose netdev is still on its way back, or which somebody else has taken since, is left alone.
    private static ImmutableArray<SettleLease> Settling(PhysicalFunction pf, HostSnapshot host) =>
    [
        .. from vf in pf.Vfs
           let id = new VfId(pf.Address, vf.Index)
           let lease = host.Containers.Ended.GetValueOrDefault(vf.Address)
           where lease is not null && !vf.NetdevAway && VfUse.Of(vf, id, host) is null
           select new SettleLease(id, lease),
    ];

    private static PfPlan First(ImmutableArray<SettleLease> settling, PfPlan plan)
    {
        HashSet<VfId> vfs = [.. settling.Select(step => step.Vf)];
        return plan with { Steps = [.. settling, .. plan.Steps.Where(step => step is not IVfStep { Vf: var vf } || !vfs.Contains(vf))] };
    }
}
