using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Brings a PF's embedded switch to the mode that is asked for. Its VFs are in the way: most drivers want none of them there, others want all of them
/// there (<see cref="PfDriverTraits.EswitchNeedsVfs"/>). What follows, VFs made or bound anew, is for the next pass, which sees it done.
/// </summary>
internal static class EswitchPlanner
{
    /// <returns>Whether the VFs are next: false when the mode is.</returns>
    public static bool PlanBeforeVfs(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host)
    {
        // One that has no switch to be asked forwards by itself, which is all there is to legacy mode.
        if (target.Eswitch == EswitchMode.Switchdev && pf.Eswitch is null)
            findings.Add(new(Reasons.AttributeUnsupported, $"{pf.Address} has no embedded switch that {pf.Driver} would set to switchdev"));

        if (Change(target, pf) is not { } mode || PfDriverTraits.Of(pf).EswitchNeedsVfs || IsKept(findings, target, pf, host, mode))
            return true;

        if (pf.NumVfs > 0)
            steps.Add(new SetNumVfs(pf.Address, 0, PfDriverTraits.BlipsLink(pf)));

        steps.Add(new SetEswitch(pf.Address, mode));
        return false;
    }

    /// <summary>For a PF that has the VFs it is to have.</summary>
    /// <returns>Whether the VFs' drivers and settings are next: false when the mode is.</returns>
    public static bool PlanWithVfs(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host)
    {
        // While the kernel is still making VFs, a mode set too early is refused (mlx5) or lost.
        if (Change(target, pf) is not { } mode || !PfDriverTraits.Of(pf).EswitchNeedsVfs || pf.Vfs.Length < pf.NumVfs ||
            IsKept(findings, target, pf, host, mode))
            return true;

        if (PfDriverTraits.Of(pf).UnbindsForEswitch)
            steps.AddRange(pf.Vfs.Where(vf => vf.Driver is not null).Select(vf => new UnbindDriver(new VfId(pf.Address, vf.Index), vf.Address, vf.Driver!)));

        steps.Add(new SetEswitch(pf.Address, mode));
        return false;
    }

    private static EswitchMode? Change(PfTarget target, PhysicalFunction pf) => pf.Eswitch is null || pf.Eswitch == target.Eswitch ? null : target.Eswitch;

    private static bool IsKept(
        ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host, EswitchMode mode)
    {
        string change = $"going into {mode.Word()} mode";
        return ManagementGuard.Keeps(findings, target, pf, change) || DisruptionGuard.Keep(findings, target, pf, host, change, pf.Vfs).Count > 0;
    }
}
