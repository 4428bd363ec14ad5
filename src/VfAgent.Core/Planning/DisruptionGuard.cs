using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>Which VFs may not be taken away now.</summary>
internal static class DisruptionGuard
{
    /// <param name="findings">Gets the reason, when there is one.</param>
    /// <param name="spec">Whose policy decides.</param>
    /// <param name="pf">Where.</param>
    /// <param name="host">Who uses what.</param>
    /// <param name="change">What would take them away: <c>going from 4 to 6 VFs</c>.</param>
    /// <param name="concerned">The VFs that it would take away.</param>
    /// <returns>Those of them that have to stay.</returns>
    public static IReadOnlyList<VirtualFunction> Keep(
        ImmutableArray<Finding>.Builder findings, ResourceSpec spec, PhysicalFunction pf, HostSnapshot host, string change, IReadOnlyList<VirtualFunction> concerned)
    {
        if (concerned.Count == 0)
            return [];

        if (spec.Disruption == DisruptionPolicy.Never)
        {
            findings.Add(new(Reasons.DisruptionForbidden, $"{change} would take away VFs of {pf.Address}, and disruptionPolicy is NEVER"));
            return concerned;
        }

        List<VirtualFunction> kept = [];
        List<VfUser> users = [];
        foreach (VirtualFunction vf in concerned)
        {
            if (VfUse.Of(vf, new VfId(pf.Address, vf.Index), host) is { } user && (spec.Disruption == DisruptionPolicy.Defer || user.HoldsDevice))
            {
                kept.Add(vf);
                users.Add(user);
            }
        }

        if (users.Count > 0)
            findings.Add(new(Reasons.VfsInUse, $"{change} would take away VFs of {pf.Address} in use: {string.Join(", ", users)}"));

        return kept;
    }
}
