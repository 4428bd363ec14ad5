using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// One PF: MTU, number of VFs, drivers of the VFs, in the order that suits every driver: PF MTU before VFs (a VF's may not be
/// larger), PF up before VFs where the driver wants it, 0 between two counts, drivers last. Never a step for a value that holds.
/// </summary>
internal static class PfPlanner
{
    public static PfPlan Plan(ResourceSpec spec, PhysicalFunction pf, HostSnapshot host, Ledger ledger)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        var findings = ImmutableArray.CreateBuilder<Finding>();
        PfClaim? claim = ledger.Pfs.GetValueOrDefault(pf.Address);
        if (claim?.Resource != spec.Name)
        {
            // A PF that passes from one resource to another keeps the values found before the first of them.
            steps.Add(new ClaimPf(claim is null
                ? new PfClaim(pf.Address, spec.Name, pf.NumVfs, pf.Netdev?.Mtu)
                : claim with { Resource = spec.Name }));
        }

        if (pf.Driver is null)
            findings.Add(new(Reasons.PfDriverMissing, $"{pf.Address} has no driver"));
        else if (pf.TotalVfs == 0)
            findings.Add(new(Reasons.SriovDisabledInFirmware, $"{pf.Address} offers no VFs (sriov_totalvfs is 0)"));
        else
        {
            PlanMtu(steps, findings, spec, pf);
            if (PlanNumVfs(steps, findings, spec, pf, host))
                VfDriverPlanner.Plan(steps, findings, spec, pf, host);
        }

        return new PfPlan(pf.Address, spec.Name, steps.ToImmutable(), findings.ToImmutable());
    }

    private static void PlanMtu(ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, ResourceSpec spec, PhysicalFunction pf)
    {
        if (spec.Mtu == 0 || pf.Netdev?.Mtu == spec.Mtu)
            return;

        if (pf.Netdev is not { } netdev)
            findings.Add(new(Reasons.NetdevMissing, $"{pf.Address} has no network interface to set an MTU on"));
        else if ((netdev.MinMtu > 0 && spec.Mtu < netdev.MinMtu) || (netdev.MaxMtu > 0 && spec.Mtu > netdev.MaxMtu))
            findings.Add(new(Reasons.MtuOutOfRange, $"{netdev.Name} takes an MTU of {netdev.MinMtu} to {netdev.MaxMtu}, not {spec.Mtu}"));
        else
            steps.Add(new SetMtu(pf.Address, netdev.Name, netdev.IfIndex, spec.Mtu, PfDriverTraits.BlipsLink(pf)));
    }

    /// <returns>Whether the VFs that are there are those to go on with.</returns>
    private static bool PlanNumVfs(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, ResourceSpec spec, PhysicalFunction pf, HostSnapshot host)
    {
        if (spec.NumVfs > pf.TotalVfs)
        {
            findings.Add(new(Reasons.NumVfsExceedsTotal, $"{spec.NumVfs} VFs are asked for and {pf.Address} offers {pf.TotalVfs}"));
            return false;
        }

        if (pf.NumVfs == spec.NumVfs)
        {
            if (pf.Vfs.Length < pf.NumVfs)
                findings.Add(new(Reasons.WaitingForKernel, $"the kernel has shown {pf.Vfs.Length} of {pf.NumVfs} VFs of {pf.Address}"));
            return true;
        }

        if (pf.NumVfs != 0)
        {
            if (DisruptionGuard.Keep(findings, spec, pf, host, $"going from {pf.NumVfs} to {spec.NumVfs} VFs", pf.Vfs).Count > 0)
                return false;

            steps.Add(new SetNumVfs(pf.Address, 0, PfDriverTraits.BlipsLink(pf)));
        }

        if (pf.Netdev is { Up: false } netdev && PfDriverTraits.Of(pf.Driver).NeedsLinkUp)
            steps.Add(new SetLinkUp(pf.Address, netdev));

        steps.Add(new SetNumVfs(pf.Address, spec.NumVfs, PfDriverTraits.BlipsLink(pf)));
        return false;
    }
}
