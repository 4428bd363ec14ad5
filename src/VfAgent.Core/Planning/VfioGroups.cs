using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// Which VFs could be opened through vfio once they are bound: a group is given to user space whole, so none of its devices may have a kernel
/// driver (drivers/vfio/group.c). Of other devices than SR-IOV NICs nothing is known here; bridges do not count.
/// </summary>
internal static class VfioGroups
{
    /// <param name="vfs">VFs of one PF: all that are to be on vfio, or are.</param>
    /// <param name="host">What else is there.</param>
    /// <returns>The VF and the device that keeps its group with the kernel; null when nothing is in the way.</returns>
    public static (VirtualFunction Vf, string Member)? Obstacle(IReadOnlyCollection<VirtualFunction> vfs, HostSnapshot host)
    {
        HashSet<PciAddress> onTheirWay = [.. vfs.Select(vf => vf.Address)];
        ILookup<int, string> members = host.Pfs.Values
            .SelectMany(pf => pf.Vfs, (_, vf) => (vf.Address, vf.Driver, vf.IommuGroup))
            .Concat(host.Pfs.Values.Select(pf => (pf.Address, pf.Driver, pf.IommuGroup)))
            .Where(member => member is { Driver: not null, IommuGroup: { NoIommu: false } } && !VirtualFunction.IsVfio(member.Driver))
            .Where(member => !onTheirWay.Contains(member.Address))
            .ToLookup(member => member.IommuGroup!.Number, member => $"{member.Address} ({member.Driver})");
        foreach (VirtualFunction vf in vfs)
        {
            if (vf.IommuGroup is { NoIommu: false } group && members[group.Number].FirstOrDefault() is { } member)
                return (vf, member);
        }

        return null;
    }
}
