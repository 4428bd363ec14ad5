using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>Which VFs may not be taken away now.</summary>
internal static class DisruptionGuard
{
    /// <param name="findings">Gets the reason, when there is one.</param>
    /// <param name="target">Whose policies decide.</param>
    /// <param name="pf">Where.</param>
    /// <param name="host">Who uses what.</param>
    /// <param name="change">What would take them away: <c>going from 4 to 6 VFs</c>.</param>
    /// <param name="concerned">The VFs that it would take away.</param>
    /// <returns>Those of them that have to stay.</returns>
    public static IReadOnlyList<VirtualFunction> Keep(
        ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host, string change,
        IReadOnlyList<VirtualFunction> concerned)
    {
        List<VirtualFunction> kept = [.. concerned.Where(vf => target.DisruptionOf(vf) == DisruptionPolicy.Never)];
        if (kept.Count > 0)
            findings.Add(new(Reasons.DisruptionForbidden, $"{change} would take away VFs of {pf.Address}, and disruptionPolicy is NEVER"));

        List<VfUser> users = [];
        List<int> unclear = [];
        foreach (VirtualFunction vf in concerned.Except(kept).ToList())
        {
            var id = new VfId(pf.Address, vf.Index);
            if (ManagementGuard.Keeps(findings, target, id, vf, change))
                kept.Add(vf);
            else if (VfUse.Of(vf, id, host) is { } user &&
                (target.DisruptionOf(vf) == DisruptionPolicy.Defer || user.HoldsDevice))
            {
                kept.Add(vf);
                users.Add(user);
            }
            else if (target.DisruptionOf(vf) == DisruptionPolicy.Defer && VfUse.IsUnclear(vf, id, host))
            {
                kept.Add(vf);
                unclear.Add(vf.Index);
            }
        }

        if (users.Count > 0)
            findings.Add(new(Reasons.VfsInUse, $"{change} would take away VFs of {pf.Address} in use: {string.Join(", ", users)}"));

        if (unclear.Count > 0)
            findings.Add(VfUse.NoInterfaceYet(pf.Address, unclear));

        return kept;
    }
}
