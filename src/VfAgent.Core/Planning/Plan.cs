using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// The difference between what is desired and what was read: the steps that can be taken now, and the findings that say why
/// something cannot. No steps and no findings anywhere means in sync.
/// </summary>
public sealed record Plan(
    ImmutableSortedDictionary<PciAddress, PfPlan> Pfs,
    ImmutableSortedDictionary<string, ResourcePlan> Resources,
    ImmutableSortedDictionary<string, AttachmentPlan> Attachments)
{
    public static Plan Empty { get; } = new(
        ImmutableSortedDictionary<PciAddress, PfPlan>.Empty,
        ImmutableSortedDictionary.Create<string, ResourcePlan>(StringComparer.Ordinal),
        ImmutableSortedDictionary.Create<string, AttachmentPlan>(StringComparer.Ordinal));

    /// <summary>All of them: PFs', resources', attachments'.</summary>
    public IEnumerable<Step> Steps =>
        [.. Pfs.Values.SelectMany(pf => pf.Steps), .. Resources.Values.SelectMany(r => r.Steps), .. Attachments.Values.SelectMany(a => a.Steps)];

    /// <summary>Those of an object's own files and records.</summary>
    public ImmutableArray<Step> StepsOf(ObjectKey key) => key.Kind == ObjectKind.Resource
        ? Resources.GetValueOrDefault(key.Name)?.Steps ?? []
        : Attachments.GetValueOrDefault(key.Name)?.Steps ?? [];

    public bool IsEmpty =>
        Pfs.Values.All(pf => pf.Steps.IsEmpty) && Resources.Values.All(r => r.Steps.IsEmpty) && Attachments.Values.All(a => a.Steps.IsEmpty);
}

/// <summary>A managed PF. Its steps are taken in order and by themselves: PFs do not wait for each other.</summary>
/// <param name="Pf">Which.</param>
/// <param name="Resources">The resources that manage it, by name; most often one.</param>
/// <param name="Steps">What to do.</param>
/// <param name="Findings">What cannot be done.</param>
public sealed record PfPlan(PciAddress Pf, ImmutableArray<string> Resources, ImmutableArray<Step> Steps, ImmutableArray<Finding> Findings)
{
    /// <summary>
    /// What gives the PF back after its resource is gone. It has no way back when it fails: nobody asks for what the PF was, so it is only tried
    /// again.
    /// </summary>
    public bool GivesBack { get; init; }

    /// <summary>What containers that have vanished left of VFs is undone: this whatever becomes of the rest, and first.</summary>
    public ImmutableArray<Step> Leases => Steps is [SettleLease, ..] ? [.. Steps.Where(step => step is SettleLease)] : [];

    /// <summary>The rest.</summary>
    public ImmutableArray<Step> Changes => Steps is [SettleLease, ..] ? [.. Steps.Where(step => step is not SettleLease)] : Steps;

    /// <summary>
    /// All that is to be changed is VFs' settings, which are to be put right. CNI plugins change just those while they give a VF to a container and
    /// while they take it back, before the kernel or CNI's records show whose it is. So these steps are for a PF that has been at rest for a moment, and
    /// for a plan made of records that were read after that. In that moment udev, too, looks at a VF that has just come back from a container.
    /// </summary>
    public bool WantsRest => !Changes.IsEmpty && Changes.All(step => step is SetVf or SetVfMtu or RebindDriver);

    /// <summary>The PF itself is as it is to be, whatever is said of single VFs: nothing is left to do, and nothing keeps that from being done.</summary>
    public bool IsMet => Changes.IsEmpty && Findings.All(finding => finding.Vf is not null);

    public bool IsOf(string resource) => Resources.Contains(resource, StringComparer.Ordinal);
}

/// <param name="Name">The resource; its spec is gone when these are the steps that clean up behind it.</param>
/// <param name="MatchedPfs">PFs that the selector matches.</param>
/// <param name="ManagedPfs">Those of them that it manages, alone or with others.</param>
/// <param name="Steps">Its own files and records.</param>
/// <param name="Findings">What is not about a single PF.</param>
public sealed record ResourcePlan(
    string Name, ImmutableArray<PciAddress> MatchedPfs, ImmutableArray<PciAddress> ManagedPfs, ImmutableArray<Step> Steps,
    ImmutableArray<Finding> Findings)
{
    /// <summary>On which of the matched PFs it is only about some VFs, and which.</summary>
    public ImmutableDictionary<PciAddress, VfRanges> Ranges { get; init; } = ImmutableDictionary<PciAddress, VfRanges>.Empty;

    /// <summary>Whether it is about this VF, if it is about the PF.</summary>
    public bool IsAbout(VfId vf) => !Ranges.TryGetValue(vf.Pf, out VfRanges? ranges) || ranges.Contains(vf.Index);

    /// <summary>Whether the VF is its.</summary>
    public bool Has(VfId vf) => ManagedPfs.Contains(vf.Pf) && IsAbout(vf);
}

/// <param name="Name">The attachment; its spec is gone when these are the steps that clean up behind it.</param>
/// <param name="Steps">Its files and records.</param>
/// <param name="Findings">Why it has no VF or no conflist.</param>
/// <param name="Vf">The assigned VF.</param>
/// <param name="Config">As it is or will be written; null while there is nothing to write.</param>
/// <param name="CdiDevice">The qualified CDI device name; null without one.</param>
public sealed record AttachmentPlan(
    string Name, ImmutableArray<Step> Steps, ImmutableArray<Finding> Findings, VfId? Vf = null, JsonObject? Config = null, string? CdiDevice = null);
