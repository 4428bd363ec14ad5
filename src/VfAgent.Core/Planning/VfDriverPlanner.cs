using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>Brings a PF's VFs to their driver: override, unbind, probe, each only where it is needed (drivers/pci/pci-driver.c).</summary>
internal static class VfDriverPlanner
{
    private const string VfioPci = "vfio-pci";

    public static void Plan(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, PhysicalFunction pf, HostSnapshot host)
    {
        ILookup<bool, VirtualFunction> vfs = pf.Vfs.Where(vf => target.Vfs.ContainsKey(vf.Index)).ToLookup(vf => target.Vfs[vf.Index].OnVfio);
        PlanVfio(steps, findings, target, vfs[true], pf, host);
        PlanNetDevice(steps, findings, target, vfs[false], pf, host);
    }

    private static void PlanNetDevice(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, IEnumerable<VirtualFunction> vfs,
        PhysicalFunction pf, HostSnapshot host)
    {
        var waiting = new List<int>();
        IReadOnlyList<VirtualFunction> kept =
            DisruptionGuard.Keep(findings, target, pf, host, "binding the kernel's driver", [.. vfs.Where(vf => vf.OnVfio)]);
        foreach (VirtualFunction vf in vfs.Except(kept))
        {
            var id = new VfId(pf.Address, vf.Index);
            if (VirtualFunction.IsVfio(vf.DriverOverride))
                steps.Add(new SetDriverOverride(id, vf.Address, null));

            if (vf.OnVfio)
                steps.Add(new UnbindDriver(id, vf.Address, vf.Driver!));

            // One that was made a moment ago gets its driver from the kernel; a probe of ours would only be in its way.
            if (vf is { OnVfio: false, Netdev: null } && host.Awaited.Contains(id))
                waiting.Add(vf.Index);
            else if (vf.OnVfio || vf.Driver is null)
            {
                steps.AddRange(Autoprobe.TurnOn(pf, steps));
                steps.Add(new ProbeDriver(id, vf.Address));
            }
        }

        if (waiting.Count > 0)
            findings.Add(VfUse.NoInterfaceYet(pf.Address, waiting));
    }

    private static void PlanVfio(
        ImmutableArray<Step>.Builder steps, ImmutableArray<Finding>.Builder findings, PfTarget target, IEnumerable<VirtualFunction> vfs,
        PhysicalFunction pf, HostSnapshot host)
    {
        VirtualFunction[] all = [.. vfs];
        if (all.Length == 0)
            return;

        VirtualFunction[] others = [.. all.Where(vf => !vf.OnVfio)];
        if (VfioGroups.Obstacle(all, host) is var (shared, member))
        {
            findings.Add(new(
                Reasons.IommuGroupNotViable, $"{new VfId(pf.Address, shared.Index)} shares IOMMU group {shared.IommuGroup!.Number} with {member}"));
            return;
        }

        if (others.Length == 0)
            return;

        VirtualFunction[] groupless = [.. others.Where(vf => vf.IommuGroup is null)];
        if (groupless.Length > 0 && !host.Features.NoIommu)
        {
            findings.Add(new(Reasons.IommuDisabled, $"{new VfId(pf.Address, groupless[0].Index)} has no IOMMU group, so vfio-pci cannot take it"));
            return;
        }

        IReadOnlyList<VirtualFunction> kept =
            DisruptionGuard.Keep(findings, target, pf, host, "binding vfio-pci", [.. others.Where(vf => vf.Driver is not null)]);
        if (!host.Features.VfioPci && others.Length > kept.Count)
            steps.Add(new LoadModule("vfio_pci"));

        foreach (VirtualFunction vf in others.Except(kept))
        {
            var id = new VfId(pf.Address, vf.Index);
            if (vf.DriverOverride != VfioPci)
                steps.Add(new SetDriverOverride(id, vf.Address, VfioPci));

            if (vf.Driver is not null)
                steps.Add(new UnbindDriver(id, vf.Address, vf.Driver));

            steps.Add(new ProbeDriver(id, vf.Address));
        }
    }
}
