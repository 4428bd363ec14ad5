using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// One PF and its target: MTU, number of VFs, settings and drivers of the VFs, in the order that suits every driver: PF MTU before VFs (a VF's may
/// not be larger), PF up before VFs where the driver wants it, 0 between two counts, drivers last. Never a step for a value that holds.
/// </summary>
internal static class PfPlanner
{
    /// <param name="specs">The resources that manage it.</param>
    /// <param name="absent">Others that have VFs of it, and of which nobody knows now what they want.</param>
    /// <param name="pf">The PF.</param>
    /// <param name="host">What else there is.</param>
    /// <param name="ledger">What is owned.</param>
    public static PfPlan Plan(
        IReadOnlyList<ResourceSpec> specs, IReadOnlyList<string> absent, PhysicalFunction pf, HostSnapshot host, Ledger ledger)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        var findings = ImmutableArray.CreateBuilder<Finding>();
        PfClaim? held = ledger.Pfs.GetValueOrDefault(pf.Address);
        Plan(steps, findings, PfTarget.Of(pf, specs, host.HostId, ledger), pf, host);

        // What was the agent's once keeps its entry, for the day when it is again.
        bool isHandsOff = specs[0].IsHandsOff;
        bool owesAutoprobe = held?.OwesAutoprobe == true || (!isHandsOff && Autoprobe.IsTurnedOff(steps));
        PfClaim claim = Claim(specs, absent, pf, held) with { OwesAutoprobe = owesAutoprobe };
        bool isRecorded = held is null && isHandsOff || (claim == held && !ledger.DoubtfulPfs.Contains(pf.Address));
        ImmutableArray<Step> first =
            [.. isRecorded ? Array.Empty<Step>() : [new ClaimPf(claim)], .. Autoprobe.GiveBack(claim, pf, isHandsOff ? [] : steps)];
        return isHandsOff
            ? new PfPlan(pf.Address, Names(specs), first, Drift.In($"{pf.Address}", steps, findings))
            : new PfPlan(pf.Address, Names(specs), [.. first, .. steps], findings.ToImmutable());
    }

    /// <summary>
    /// What gives a PF back whose resource is gone: as it was found, if that is wanted, and then it is nobody's. Where that cannot be had any more,
    /// such as a number of VFs that the NIC does not offer now, it stays as it is.
    /// </summary>
    public static PfPlan Release(PfClaim claim, PhysicalFunction pf, HostSnapshot host)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        var findings = ImmutableArray.CreateBuilder<Finding>();
        steps.AddRange(Autoprobe.GiveBackAtOnce(claim, pf));
        if (steps.Count == 0)
            PlanRelease(steps, findings, claim, pf, host);
        return new PfPlan(pf.Address, [claim.Resource], steps.ToImmutable(), findings.ToImmutable()) { GivesBack = true };
    }

    private static void PlanRelease(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfClaim claim, PhysicalFunction pf, HostSnapshot host)
    {
        if (claim.Deletion == DeletionPolicy.Restore)
        {
            var target = PfTarget.Of(claim, pf);
            Plan(steps, findings, target, pf, host);

            // Also a smaller MTU would be felt by those who use its VFs.
            if (steps.Count > 0 && DisruptionGuard.Keep(findings, target, pf, host, "giving the NIC back as it was found", pf.Vfs).Count > 0)
                steps.Clear();
        }

        // A NIC that the host has come to hang on stays as it is.
        bool waits = findings.Any(finding => finding.Reason.Phase is Phase.Blocked or Phase.Progressing && finding.Reason != Reasons.ManagementNic);
        if (steps.Count > 0 || waits)
            return;

        findings.Clear();
        steps.Add(new ReleasePf(pf.Address));
    }

    /// <summary>What makes a PF of a resource's what it was before a change that failed.</summary>
    public static PfPlan RollBack(IReadOnlyList<ResourceSpec> specs, PfTarget before, PhysicalFunction pf, HostSnapshot host, Ledger ledger)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        var findings = ImmutableArray.CreateBuilder<Finding>();

        // Nobody may ask for it any more: then it is only what it was.
        PfTarget wish = specs.Count == 0 ? before : PfTarget.Of(pf, specs, host.HostId, ledger);
        before = before with
        {
            Vfs = before.Vfs.ToImmutableSortedDictionary(vf => vf.Key, vf => vf.Value.WithGivenMac(wish.Vfs.GetValueOrDefault(vf.Key))),

            // The host may have come to be managed over it since, or others may have changed it: then it is reached as it is now.
            MayCutOff = before.MayCutOff || wish.MayCutOff,
        };
        if (ledger.Pfs.GetValueOrDefault(pf.Address) is { } claim)
            steps.AddRange(Autoprobe.GiveBack(claim, pf, []));
        Plan(steps, findings, before, pf, host);
        return new PfPlan(pf.Address, Names(specs), steps.ToImmutable(), findings.ToImmutable());
    }

    // A PF that passes from one resource to another keeps the values found before the first of them. Its MTU is only ours to give back when
    // it was ours to set.
    private static PfClaim Claim(IReadOnlyList<ResourceSpec> specs, IReadOnlyList<string> absent, PhysicalFunction pf, PfClaim? held)
    {
        string[] names = [.. Names(specs).Concat(absent).Order(StringComparer.Ordinal)];
        bool retains = specs.All(spec => spec.IsHandsOff || spec.Deletion == DeletionPolicy.Retain) &&
            (absent.Count == 0 || held?.Deletion == DeletionPolicy.Retain);
        return new PfClaim(
            pf.Address,
            names[0],
            held?.OriginalNumVfs ?? pf.NumVfs,
            held?.OriginalMtu ?? (specs.All(spec => spec.Mtu == 0) ? null : pf.Netdev?.Mtu),
            retains ? DeletionPolicy.Retain : DeletionPolicy.Restore)
        {
            Others = [.. names[1..]],
            OriginalEswitch = held?.OriginalEswitch ?? (specs.All(spec => spec.Eswitch is null) ? null : pf.Eswitch),
            FoundAutoprobeOff = held?.FoundAutoprobeOff ?? !pf.DriversAutoprobe,
            MayCutOff = specs.All(spec => spec.AllowsManagementNic) && (absent.Count == 0 || held?.MayCutOff == true),
        };
    }

    private static ImmutableArray<string> Names(IReadOnlyList<ResourceSpec> specs) => [.. specs.Select(spec => spec.Name)];

    /// <summary>What brings the PF to the target.</summary>
    public static void Plan(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host)
    {
        if (pf.Driver is null)
            findings.Add(new(Reasons.PfDriverMissing, $"{pf.Address} has no driver"));
        else if (pf.TotalVfs == 0)
            findings.Add(new(Reasons.SriovDisabledInFirmware, $"{pf.Address} offers no VFs (sriov_totalvfs is 0)"));
        else
        {
            PlanMtu(steps, findings, target, pf);
            if (EswitchPlanner.PlanBeforeVfs(steps, findings, target, pf, host) && PlanNumVfs(steps, findings, target, pf, host) &&
                EswitchPlanner.PlanWithVfs(steps, findings, target, pf, host))
            {
                VfSettingsPlanner.Plan(steps, findings, target, pf, host);
                VfDriverPlanner.Plan(steps, findings, target, pf, host);
            }

            if (target.AutoprobeOff && pf.DriversAutoprobe && steps.Count == 0)
                steps.Add(new SetAutoprobe(pf.Address, false));
        }
    }

    private static void PlanMtu(ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf)
    {
        if (target.Mtu is not { } mtu || pf.Netdev?.Mtu == mtu)
            return;

        if (pf.Netdev is not { } netdev)
            findings.Add(new(Reasons.NetdevMissing, $"{pf.Address} has no network interface to set an MTU on"));
        else if ((netdev.MinMtu > 0 && mtu < netdev.MinMtu) || (netdev.MaxMtu > 0 && mtu > netdev.MaxMtu))
            findings.Add(new(Reasons.MtuOutOfRange, $"{netdev.Name} takes an MTU of {netdev.MinMtu} to {netdev.MaxMtu}, not {mtu}"));
        else if (!ManagementGuard.Keeps(findings, target, pf, $"setting its MTU from {netdev.Mtu} to {mtu}"))
            steps.Add(new SetMtu(pf.Address, netdev.Name, netdev.IfIndex, mtu, PfDriverTraits.BlipsLink(pf)));
    }

    /// <returns>Whether the VFs that are there are those to go on with.</returns>
    private static bool PlanNumVfs(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host)
    {
        if (target.NumVfs > pf.TotalVfs)
        {
            findings.Add(new(Reasons.NumVfsExceedsTotal, $"{target.NumVfs} VFs are asked for and {pf.Address} offers {pf.TotalVfs}"));
            return false;
        }

        if (pf.NumVfs == target.NumVfs)
        {
            if (pf.Vfs.Length < pf.NumVfs)
                findings.Add(new(Reasons.WaitingForKernel, $"the kernel has shown {pf.Vfs.Length} of {pf.NumVfs} VFs of {pf.Address}"));
            return true;
        }

        if (PfDriverTraits.MayBlipLink(pf) && ManagementGuard.Keeps(findings, target, pf, $"going from {pf.NumVfs} to {target.NumVfs} VFs"))
            return false;

        if (pf.NumVfs != 0)
        {
            if (DisruptionGuard.Keep(findings, target, pf, host, $"going from {pf.NumVfs} to {target.NumVfs} VFs", pf.Vfs).Count > 0)
                return false;

            steps.Add(new SetNumVfs(pf.Address, 0, PfDriverTraits.BlipsLink(pf)));
            if (target.NumVfs == 0)
                return false;
        }

        if (pf.Netdev is { Up: false } netdev && PfDriverTraits.Of(pf).NeedsLinkUp)
            steps.Add(new SetLinkUp(pf.Address, netdev.Name, netdev.IfIndex));

        if (target.SkipsKernelDriver && pf.DriversAutoprobe)
            steps.Add(new SetAutoprobe(pf.Address, false));
        else if (target.Vfs.Values.Any(vf => !vf.OnVfio))
            steps.AddRange(Autoprobe.TurnOn(pf, steps));

        steps.Add(new SetNumVfs(pf.Address, target.NumVfs, PfDriverTraits.BlipsLink(pf)));
        return false;
    }
}
