using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// What will be done, pass by pass: the plan as it is now, and the plans that follow if every step has the effect it is meant to have. There
/// is one planner; it is asked again about the host as it should be then.
/// </summary>
public static class Foresight
{
    // Numvfs; drivers; assignments and files; a VF that was let go is given on. Twice that, for what nobody has thought of.
    private const int MostPasses = 8;

    /// <returns>The passes, the one of now first. Each has only what there is to say: an object with neither steps nor news is left out.</returns>
    public static ImmutableArray<PlannedPass> Look(DesiredState desired, HostSnapshot host, Ledger ledger)
    {
        var passes = ImmutableArray.CreateBuilder<PlannedPass>();
        HostSnapshot seen = host;
        HashSet<(string About, Finding Finding)> said = [];
        for (int pass = 0; pass < MostPasses; pass++)
        {
            Plan plan = Planner.Plan(desired, host, ledger);
            ImmutableArray<PlannedItem> items = [.. Items(plan, host, isNow: pass == 0).Select(News).Where(item => !item.IsEmpty)];
            if (!items.IsEmpty)
                passes.Add(new PlannedPass(items));
            if (plan.IsEmpty)
                break;

            foreach (Step step in plan.Steps)
                (host, ledger) = (host.After(step, seen), ledger.After(step));
        }

        return passes.ToImmutable();

        PlannedItem News(PlannedItem item) => item with { Findings = [.. item.Findings.Where(finding => said.Add((item.About, finding)))] };
    }

    private static IEnumerable<PlannedItem> Items(Plan plan, HostSnapshot host, bool isNow) =>
    [
        .. plan.Pfs.Values.Select(pf => new PlannedItem(
            pf.Pf.ToString(), host.Pfs[pf.Pf].Netdev?.Name, pf.Resources.IsEmpty ? null : string.Join(", ", pf.Resources), Steps(pf.Steps, isNow),
            pf.Findings)),
        .. plan.Resources.Values.Select(resource => new PlannedItem(
            ObjectKey.Resource(resource.Name).ToString(), null, null, Steps(resource.Steps, isNow), resource.Findings)),
        .. plan.Attachments.Values.Select(attachment => new PlannedItem(
            ObjectKey.Attachment(attachment.Name).ToString(), null, null, Steps(attachment.Steps, isNow), attachment.Findings)),
    ];

    private static ImmutableArray<PlannedStep> Steps(ImmutableArray<Step> steps, bool isNow) =>
        [.. steps.Select(step => isNow ? PlannedStep.Of(step) : new PlannedStep(Foreseen(step), step.Disruption))];

    // A VF that is not there yet is known by its index only.
    private static string Foreseen(Step step) => step switch
    {
        SetDriverOverride { Driver: null } s => $"clear driver_override of {s.Vf}",
        SetDriverOverride s => $"set driver_override of {s.Vf} to {s.Driver}",
        UnbindDriver s => $"unbind {s.Vf} from its driver",
        ProbeDriver s => $"probe a driver for {s.Vf}",
        RebindDriver s => $"bind {s.Vf} to its driver anew",
        SetVf { Request.Setting: VfMac { Address: "" } } s => $"set {s.PfName} vf {s.Vf.Index} mac to the one that it has",
        SetVfMtu s => $"set the MTU of {s.Vf} to {s.Mtu}",
        _ => step.ToString(),
    };
}

/// <summary>What can be done at one go. The next pass needs this one's effect.</summary>
public sealed record PlannedPass(ImmutableArray<PlannedItem> Items);

/// <param name="About">As in events: <c>0000:02:00.0</c>, <c>resources/eth3-vfs</c>, <c>networkattachments/f1-u</c>.</param>
/// <param name="Netdev">A PF's; null when it has none, and for other objects.</param>
/// <param name="Resource">The one that manages the PF; null when none does, and for other objects.</param>
/// <param name="Steps">In the order in which they are taken.</param>
/// <param name="Findings">What stands in the way, unless an earlier pass has said it.</param>
public sealed record PlannedItem(string About, string? Netdev, string? Resource, ImmutableArray<PlannedStep> Steps, ImmutableArray<Finding> Findings)
{
    public bool IsEmpty => Steps.IsEmpty && Findings.IsEmpty;
}

/// <param name="Action">For people, in the imperative.</param>
/// <param name="Disruption">What it takes from others.</param>
public sealed record PlannedStep(string Action, Disruption Disruption)
{
    public static PlannedStep Of(Step step) => new(step.ToString(), step.Disruption);

    /// <summary>Both: <c>set 0000:02:00.0 sriov_numvfs to 4 [PF link blip]</c>.</summary>
    public override string ToString() => Disruption == Disruption.None ? Action : $"{Action} [{Disruption.Words()}]";
}
