using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// Which VFs could be opened through vfio once they are bound: a group is given to user space whole, so none of its devices may have a kernel
/// driver (drivers/vfio/group.c). Of other devices than SR-IOV NICs nothing is known here; bridges do not count.
/// </summary>
internal static class VfioGroups
{
    /// <returns>The VF and the device that keeps its group with the kernel; null when nothing is in the way.</returns>
    public static (VirtualFunction Vf, string Member)? Obstacle(PhysicalFunction pf, HostSnapshot host)
    {
        // The PF's own VFs are all on their way to vfio.
        var members = host.Pfs.Values
            .SelectMany(other => other.Address == pf.Address ? [] : other.Vfs, (_, vf) => (vf.Address, vf.Driver, vf.IommuGroup))
            .Concat(host.Pfs.Values.Select(other => (other.Address, other.Driver, other.IommuGroup)))
            .Where(member => member is { Driver: not (null or "vfio-pci"), IommuGroup: { NoIommu: false } })
            .ToLookup(member => member.IommuGroup!.Number, member => $"{member.Address} ({member.Driver})");
        foreach (VirtualFunction vf in pf.Vfs)
        {
            if (vf.IommuGroup is { NoIommu: false } group && members[group.Number].FirstOrDefault() is { } member)
                return (vf, member);
        }

        return null;
    }
}
