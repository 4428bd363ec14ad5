using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Status;

/// <summary>How an object is: its phase, and every reason why it is not in sync, worst first.</summary>
internal sealed record ObjectState(Phase Phase, ImmutableArray<Finding> Findings, Refusal? Refusal = null, bool NotRetained = false)
{
    /// <param name="steps">What is left to do.</param>
    /// <param name="findings">What the planner says cannot be done.</param>
    /// <param name="troubles">What went wrong lately; null when nothing did.</param>
    /// <param name="dryRun">Steps are not taken.</param>
    public static ObjectState Of(ImmutableArray<Step> steps, ImmutableArray<Finding> findings, ImmutableArray<Finding>? troubles, bool dryRun)
    {
        IEnumerable<Finding> all = [.. troubles ?? [], .. findings];
        if (!steps.IsEmpty)
        {
            all = all.Append(dryRun
                ? new Finding(Reasons.DryRun, string.Join("; ", steps.Select(PlannedStep.Of)))
                : new Finding(Reasons.Applying, string.Join("; ", steps)));
        }

        return Of(all);
    }

    public static ObjectState Of(IEnumerable<Finding> findings)
    {
        ImmutableArray<Finding> ordered = [.. findings.Distinct().OrderByDescending(finding => finding.Reason.Phase)];
        return new ObjectState(ordered.IsEmpty ? Phase.InSync : ordered[0].Reason.Phase, ordered);
    }

    /// <summary>The object's config as it was received, on top of how it is.</summary>
    public ObjectState With(Refusal? refusal, bool notRetained) =>
        this with { Refusal = refusal, NotRetained = notRetained, Phase = refusal is null ? Phase : Phase.Rejected };

    public bool Equals(ObjectState? other) =>
        other is not null && Phase == other.Phase && Equals(Refusal, other.Refusal) && NotRetained == other.NotRetained && Findings.SequenceEqual(other.Findings);

    public override int GetHashCode() => HashCode.Combine(Phase, Findings.Length);
}
