using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Reconcile;

namespace VfAgent.Status;

/// <summary>All that a resource's status is made of: equal inputs make an equal message.</summary>
internal sealed record ResourceInputs(ResourceSpec? Spec, ObjectState State, ImmutableArray<(PhysicalFunction Pf, ObjectState State)> Pfs, string VfUsers)
{
    public static ResourceInputs Of(ObjectKey key, Report report, bool dryRun)
    {
        ResourcePlan? plan = report.Plan.Resources.GetValueOrDefault(key.Name);
        ImmutableArray<(PhysicalFunction, ObjectState)> pfs =
            [.. (plan?.MatchedPfs ?? []).Where(report.Host.Pfs.ContainsKey).Select(pf => (report.Host.Pfs[pf], StateOf(pf, plan!, report, dryRun)))];
        var own = ObjectState.Of(plan?.Steps ?? [], plan?.Findings ?? [], report.TroublesOf(key), dryRun);
        ObjectState whole = ObjectState.Of([.. own.Findings, .. pfs.SelectMany(pf => pf.Item2.Findings)]);
        return new ResourceInputs(
            report.Desired.Resources.GetValueOrDefault(key.Name),
            whole.With(report.Desired.Refusals.GetValueOrDefault(key), report.Desired.NotRetained.Contains(key)),
            pfs,
            string.Join('|', pfs.SelectMany(pf => pf.Item1.Vfs, (pf, vf) => UserOf(new VfId(pf.Item1.Address, vf.Index), vf, report))));
    }

    public bool Equals(ResourceInputs? other) =>
        other is not null && ReferenceEquals(Spec, other.Spec) && State == other.State && VfUsers == other.VfUsers && Pfs.SequenceEqual(other.Pfs);

    public override int GetHashCode() => HashCode.Combine(State, Pfs.Length);

    private static ObjectState StateOf(PciAddress pf, ResourcePlan resource, Report report, bool dryRun) =>
        report.Plan.Pfs.GetValueOrDefault(pf) is { } plan && plan.IsOf(resource.Name)
            ? ObjectState.Of(
                [.. plan.Steps.Where(step => step is not IVfStep { Vf: var vf } || resource.IsAbout(vf))],
                [.. plan.Findings.Where(finding => IsAbout(resource, finding))],
                report.TroublesOf(pf)?.Where(finding => IsAbout(resource, finding)).ToImmutableArray(),
                dryRun)
            : ObjectState.Of([]);

    // What befalls another resource's VF on the same PF is not this one's to tell.
    private static bool IsAbout(ResourcePlan resource, Finding finding) => finding.Vf is not { } vf || resource.IsAbout(vf);

    private static string UserOf(VfId id, VirtualFunction vf, Report report) =>
        $"{report.Ledger.HolderOf(id)} {VfUse.Of(vf, id, report.Host)} {report.ResourceOf(id)}";
}

/// <summary>All that an attachment's status is made of: equal inputs make an equal message.</summary>
/// <param name="Spec">null while it is only being removed, or was never accepted.</param>
/// <param name="State">How it is.</param>
/// <param name="Device">The assigned VF's PCI address; empty without one.</param>
/// <param name="Config">As written, with the device filled in; null while that is not so. The same instance as long as it is the same.</param>
/// <param name="CdiDevice">null while there is no spec of it.</param>
/// <param name="Conflist">There is one on disk.</param>
/// <param name="Network">The file for podman as it is on disk; null when there is none.</param>
/// <param name="Pool">The VFs that the files hand out, if they are a pool's.</param>
internal sealed record AttachmentInputs(
    AttachmentSpec? Spec, ObjectState State, string Device, JsonObject? Config, string? CdiDevice, bool Conflist, NetworkFile? Network,
    ImmutableArray<PciAddress> Pool)
{
    public static AttachmentInputs Of(ObjectKey key, Report report, bool dryRun)
    {
        AttachmentPlan? plan = report.Plan.Attachments.GetValueOrDefault(key.Name);
        AttachmentSpec? spec = report.Desired.Attachments.GetValueOrDefault(key.Name);
        NetworkFile? conflist = report.Host.Conflists.Own(OwnedFiles.Conflist(key.Name));
        NetworkFile? network = report.Host.PodmanNetworks.Own(OwnedFiles.PodmanNetwork(key.Name));
        VfId? vf = report.Ledger.Attachments.GetValueOrDefault(key.Name)?.Vf;

        // Whether its VFs are there is not known.
        IEnumerable<Finding> hung = PfsOf(spec, vf, report).Where(report.Hung.Contains)
            .Select(pf => new Finding(Reasons.KernelTimeout, $"the kernel does not answer for {pf}"));
        var state = ObjectState.Of(plan?.Steps ?? [], plan?.Findings ?? [], [.. report.TroublesOf(key), .. hung], dryRun);
        return new AttachmentInputs(
            spec,
            state.With(report.Desired.Refusals.GetValueOrDefault(key), report.Desired.NotRetained.Contains(key)),
            vf is { } id ? report.Host.Pfs.GetValueOrDefault(id.Pf)?.Vf(id.Index)?.Address.ToString() ?? "" : "",
            plan is { Steps.IsEmpty: true } ? plan.Config : null,
            report.Host.CdiSpecs.ContainsKey(OwnedFiles.VfioSpec(key.Name)) ? plan?.CdiDevice : null,
            conflist is not null,
            network,
            spec is { IsPool: true } ? (network ?? conflist)?.Devices ?? [] : []);
    }

    public bool Equals(AttachmentInputs? other) =>
        other is not null && ReferenceEquals(Spec, other.Spec) && State == other.State && Device == other.Device &&
        (ReferenceEquals(Config, other.Config) || JsonNode.DeepEquals(Config, other.Config)) && CdiDevice == other.CdiDevice &&
        Conflist == other.Conflist && ReferenceEquals(Network, other.Network) && Pool.SequenceEqual(other.Pool);

    public override int GetHashCode() => HashCode.Combine(State, Device);

    // A pool has VFs of all of its resource's.
    private static ImmutableArray<PciAddress> PfsOf(AttachmentSpec? spec, VfId? vf, Report report) => vf is { } own ? [own.Pf]
        : spec is { IsPool: true, ResourceName: { } resource } && report.Plan.Resources.GetValueOrDefault(resource) is { } plan ? plan.ManagedPfs
        : [];
}
