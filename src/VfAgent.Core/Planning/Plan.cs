using System.Collections.Immutable;
using System.Text.Json.Nodes;
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

    public bool IsEmpty =>
        Pfs.Values.All(pf => pf.Steps.IsEmpty) && Resources.Values.All(r => r.Steps.IsEmpty) && Attachments.Values.All(a => a.Steps.IsEmpty);
}

/// <summary>A managed PF. Its steps are taken in order and by themselves: PFs do not wait for each other.</summary>
public sealed record PfPlan(PciAddress Pf, string Resource, ImmutableArray<Step> Steps, ImmutableArray<Finding> Findings);

/// <param name="Name">The resource; its spec is gone when these are the steps that clean up behind it.</param>
/// <param name="MatchedPfs">PFs that the selector matches.</param>
/// <param name="ManagedPfs">Those of them that no other resource manages.</param>
/// <param name="Steps">Its own files and records.</param>
/// <param name="Findings">What is not about a single PF.</param>
public sealed record ResourcePlan(
    string Name, ImmutableArray<PciAddress> MatchedPfs, ImmutableArray<PciAddress> ManagedPfs, ImmutableArray<Step> Steps, ImmutableArray<Finding> Findings);

/// <param name="Name">The attachment; its spec is gone when these are the steps that clean up behind it.</param>
/// <param name="Steps">Its files and records.</param>
/// <param name="Findings">Why it has no VF or no conflist.</param>
/// <param name="Vf">The assigned VF.</param>
/// <param name="Config">As it is or will be written; null while there is nothing to write.</param>
/// <param name="CdiDevice">The qualified CDI device name; null without one.</param>
public sealed record AttachmentPlan(
    string Name, ImmutableArray<Step> Steps, ImmutableArray<Finding> Findings, VfId? Vf = null, JsonObject? Config = null, string? CdiDevice = null);
