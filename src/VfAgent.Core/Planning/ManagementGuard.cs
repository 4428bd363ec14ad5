using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Keeps the agent from sawing off the branch it sits on: a NIC that the host is managed over is not changed in a way that may cut it off.
/// </summary>
internal static class ManagementGuard
{
    /// <param name="findings">Gets the reason, when there is one.</param>
    /// <param name="target">Whether it is allowed all the same.</param>
    /// <param name="pf">Where.</param>
    /// <param name="change">What may cut it off: <c>going from 0 to 4 VFs</c>.</param>
    /// <returns>Whether the PF stays as it is.</returns>
    public static bool Keeps(ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, string change)
    {
        if (pf.Carries is null || target.MayCutOff)
            return false;

        findings.Add(new(Reasons.ManagementNic, $"{pf.Address} carries {pf.Carries}, and {change} may cut that off"));
        return true;
    }

    /// <summary>The same for a VF that is about to be taken away.</summary>
    public static bool Keeps(ImmutableArray<Finding>.Builder findings, PfTarget target, VfId id, VirtualFunction vf, string change)
    {
        if (vf.Carries is null || target.MayCutOff)
            return false;

        findings.Add(new(Reasons.ManagementNic, $"{id} carries {vf.Carries}, and {change} would cut that off"));
        return true;
    }
}
