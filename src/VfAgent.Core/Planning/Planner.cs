using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Compares what is desired with what was read and says what to do next. A pure function: it serves to find the difference, to verify
/// (nothing left to do), to take staged passes (what cannot be done yet, such as a conflist for a VF that does not exist, is
/// planned once it can), and to roll a PF back (its target is an earlier picture of it).
/// </summary>
public static class Planner
{
    /// <param name="desired">What is asked for.</param>
    /// <param name="host">What was read.</param>
    /// <param name="ledger">What is owned.</param>
    /// <param name="rollbacks">PFs that are first to be what they were before a change of theirs failed; null for none.</param>
    public static Plan Plan(DesiredState desired, HostSnapshot host, Ledger ledger, IReadOnlyDictionary<PciAddress, PfTarget>? rollbacks = null)
    {
        var claims = PfClaims.Decide(desired, host, ledger);
        var pfs = ImmutableSortedDictionary.CreateBuilder<PciAddress, PfPlan>();
        var resources = Planning.Plan.Empty.Resources.ToBuilder();
        var attachments = Planning.Plan.Empty.Attachments.ToBuilder();

        foreach (ResourceSpec spec in desired.Resources.Values)
        {
            ResourcePlan resource = ResourcePlanner.Plan(spec, claims, host, ledger);
            resources.Add(spec.Name, resource);
        }

        var macs = new DuplicateMacs(host);
        foreach ((PciAddress pf, IReadOnlyList<ResourceSpec> specs) in claims.Managed)
        {
            PfPlan plan = rollbacks?.GetValueOrDefault(pf) is { } before
                ? PfPlanner.RollBack(specs, before, host.Pfs[pf], host, ledger)
                : PfPlanner.Plan(specs, [.. claims.AbsentHoldersOf(pf)], host.Pfs[pf], host, ledger);
            ImmutableArray<Finding> duplicates = macs.Of(host.Pfs[pf], vf => resources.Values.Any(resource => resource.Has(vf)));
            pfs.Add(pf, plan with { Findings = plan.Findings.AddRange(duplicates) });
        }

        foreach (ResourcePlan leftover in ResourcePlanner.Leftovers(desired, claims, ledger, host))
        {
            resources.Add(leftover.Name, leftover);
            foreach (PciAddress pf in leftover.ManagedPfs)
                pfs.Add(pf, PfPlanner.Release(ledger.Pfs[pf], host.Pfs[pf], host));
        }

        // A resource that is still wanted may have turned to other NICs, and the change that it leaves here may have cut the host off.
        foreach ((PciAddress pf, PfTarget before) in rollbacks ?? ImmutableDictionary<PciAddress, PfTarget>.Empty)
        {
            if (!pfs.ContainsKey(pf) && host.Pfs.GetValueOrDefault(pf) is { } here)
                pfs.Add(pf, PfPlanner.RollBack([], before, here, host, ledger));
        }

        // What is owed to such a NIC is owed all the same.
        foreach (PfClaim claim in ledger.Pfs.Values)
        {
            if (pfs.ContainsKey(claim.Pf) || host.Pfs.GetValueOrDefault(claim.Pf) is not { } pf)
                continue;

            if (Autoprobe.GiveBackAtOnce(claim, pf) is { IsEmpty: false } steps)
                pfs.Add(claim.Pf, new PfPlan(claim.Pf, [], steps, []));
        }

        // Nothing was done to it yet: only its entry may be there, whose writing has failed.
        foreach (PciAddress pf in ledger.DoubtfulPfs)
        {
            if (!ledger.Pfs.ContainsKey(pf) && !pfs.ContainsKey(pf) && host.Pfs.ContainsKey(pf))
                pfs.Add(pf, new PfPlan(pf, [], [new ReleasePf(pf)], []));
        }

        foreach (PfPlan plan in LeasePlanner.Plan(host, pfs))
            pfs[plan.Pf] = plan;

        var attachmentPlanner = new AttachmentPlanner(desired, host, ledger, pfs, resources);

        // Those without a resource later: a VF that another turns out to have had all along is not theirs to name. Pools get what is left.
        AttachmentPlan[] plans = [.. desired.Attachments.Values.OrderBy(a => a.IsPool ? 2 : a.ResourceName is null ? 1 : 0).Select(attachmentPlanner.Plan)];
        foreach (AttachmentPlan plan in plans)
            attachments.Add(plan.Name, attachmentPlanner.WhileWaiting(plan));

        foreach (Assignment assignment in ledger.Attachments.Values)
        {
            if (desired.IsUnwanted(ObjectKey.Attachment(assignment.Attachment)))
                attachments.Add(assignment.Attachment, AttachmentPlanner.Removal(assignment.Attachment, host, ledger));
        }

        return new Plan(pfs.ToImmutable(), resources.ToImmutable(), attachments.ToImmutable());
    }
}
