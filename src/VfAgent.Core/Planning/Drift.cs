using System.Collections.Immutable;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>For what the agent only looks at: the steps that it would take are what is not as asked for.</summary>
internal static class Drift
{
    /// <param name="what">What was looked at.</param>
    /// <param name="steps">What would make it as asked for.</param>
    /// <param name="findings">Why some of that could not be done.</param>
    public static ImmutableArray<Finding> In(string what, IEnumerable<Step> steps, IEnumerable<Finding> findings)
    {
        // A VF in use has what its container wants; a change of all VFs that would have to wait for one is still one that is wanting.
        ILookup<bool, Finding> waiting = findings.ToLookup(finding => finding.Reason.Phase == Phase.Blocked);
        IEnumerable<string> held = waiting[true].Where(finding => finding.Vf is null).Select(finding => finding.Message);
        string wanting = string.Join("; ", [.. steps.Select(step => $"{step}"), .. held]);
        return wanting.Length == 0
            ? [.. waiting[false]]
            : [new Finding(Reasons.Drifted, $"{what} is not as asked for: {wanting}"), .. waiting[false]];
    }
}
