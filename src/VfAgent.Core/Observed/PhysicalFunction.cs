using System.Collections.Immutable;
using VfAgent.Core.Kernel;

namespace VfAgent.Core.Observed;

/// <summary>A physical function as read from the kernel. Equal content is equal: an unchanged NIC costs nothing further on.</summary>
public sealed record PhysicalFunction
{
    public required PciAddress Address { get; init; }

    /// <summary>PCI vendor id, four lower-case hex digits.</summary>
    public required string Vendor { get; init; }

    /// <summary>PCI device id, four lower-case hex digits.</summary>
    public required string DeviceId { get; init; }

    /// <summary>The bound kernel driver; null when none is.</summary>
    public string? Driver { get; init; }

    /// <summary>sriov_totalvfs.</summary>
    public required int TotalVfs { get; init; }

    /// <summary>sriov_numvfs. More than <see cref="Vfs"/> has while the kernel is still adding them.</summary>
    public required int NumVfs { get; init; }

    /// <summary>New VFs are offered to drivers (sriov_drivers_autoprobe).</summary>
    public bool DriversAutoprobe { get; init; } = true;

    /// <summary>What its embedded switch does; null when its driver has none to be asked.</summary>
    public EswitchMode? Eswitch { get; init; }

    /// <summary>-1 when the machine has no NUMA nodes.</summary>
    public int NumaNode { get; init; } = -1;

    public IommuGroup? IommuGroup { get; init; }

    /// <summary>The uplink's netdev; null without a driver that makes one.</summary>
    public NetDevice? Netdev { get; init; }

    /// <summary>Why nothing is known of what its driver holds for the VFs; null when that is known, or there are no VFs.</summary>
    public IoError? VfAttributesError { get; init; }

    /// <summary>
    /// What of the host's own hangs on the PF or a VF of it, such as <c>the default route (over bond0)</c>; null when nothing does.
    /// </summary>
    public string? Carries { get; init; }

    /// <summary>By index.</summary>
    public ImmutableArray<VirtualFunction> Vfs { get; init; } = [];

    public VirtualFunction? Vf(int index)
    {
        // virtfn links have no gaps once the kernel is done, so the index is nearly always the position.
        if (index < Vfs.Length && Vfs[index].Index == index)
            return Vfs[index];

        return Vfs.FirstOrDefault(vf => vf.Index == index);
    }

    public bool Equals(PhysicalFunction? other) =>
        other is not null && Address == other.Address && Vendor == other.Vendor && DeviceId == other.DeviceId && Driver == other.Driver &&
        TotalVfs == other.TotalVfs && NumVfs == other.NumVfs && DriversAutoprobe == other.DriversAutoprobe &&
        Eswitch == other.Eswitch && NumaNode == other.NumaNode && IommuGroup == other.IommuGroup && Netdev == other.Netdev && Carries == other.Carries &&
        VfAttributesError == other.VfAttributesError && Vfs.SequenceEqual(other.Vfs);

    public override int GetHashCode() => HashCode.Combine(Address, NumVfs, Driver, Netdev);
}

/// <summary>A virtual function as read from the kernel.</summary>
/// <param name="Index">N of the PF's <c>virtfnN</c>.</param>
/// <param name="Address">PCI address; another after a reboot, so it is no identity.</param>
/// <param name="Vendor">Four lower-case hex digits.</param>
/// <param name="DeviceId">Four lower-case hex digits.</param>
/// <param name="Driver">null when none is bound.</param>
/// <param name="DriverOverride">The driver_override in force; null when unset.</param>
/// <param name="Netdev">null when it has none in the host's network namespace.</param>
/// <param name="IommuGroup">null without an IOMMU.</param>
public sealed record VirtualFunction(
    int Index, PciAddress Address, string Vendor, string DeviceId, string? Driver, string? DriverOverride, NetDevice? Netdev, IommuGroup? IommuGroup)
{
    /// <summary>A process may have it through its group in /dev/vfio.</summary>
    public bool OnVfio => IsVfio(Driver);

    /// <summary>vfio-pci, or a driver that stands in for it and knows the device (<c>mlx5_vfio_pci</c>, <c>virtio_vfio_pci</c>, …).</summary>
    public static bool IsVfio(string? driver) => driver == "vfio-pci" || driver?.EndsWith("_vfio_pci", StringComparison.Ordinal) == true;

    /// <summary>The process that has its vfio group open, such as <c>process 4711 (qemu-system-x86)</c>; null when none has.</summary>
    public string? OpenedBy { get; init; }

    /// <summary>The link of the host's own that its netdev is a part of, such as a bond, a bridge or a VLAN; null when there is none.</summary>
    public string? Upper { get; init; }

    /// <summary>What of the host's own hangs on it, such as <c>the default route (over bond0)</c>; null when nothing does.</summary>
    public string? Carries { get; init; }

    /// <summary>The host uses it itself.</summary>
    public bool IsTheHosts => Upper is not null || Carries is not null;

    /// <summary>What the PF's driver holds for it; null when that is not known.</summary>
    public VfAttributes? Admin { get; init; }

    /// <summary>A kernel driver has it but its netdev is not here: it was moved to another network namespace, or is still being made.</summary>
    public bool NetdevAway => Driver is not null && !OnVfio && Netdev is null;
}

/// <param name="Number">Another after a reboot.</param>
/// <param name="NoIommu">A group that vfio made up because there is no IOMMU (enable_unsafe_noiommu_mode).</param>
public sealed record IommuGroup(int Number, bool NoIommu = false)
{
    /// <summary>The group's node in /dev/vfio.</summary>
    public string DeviceNode => NoIommu ? $"noiommu-{Number}" : $"{Number}";
}

/// <param name="Name">Current name; udev may change it.</param>
/// <param name="IfIndex">Stable until the netdev goes.</param>
/// <param name="Mac">Lower-case, colon separated.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="LinkState">operstate.</param>
public sealed record NetDevice(string Name, int IfIndex, string Mac, int Mtu, string LinkState)
{
    public ImmutableArray<string> AlternativeNames { get; init; } = [];

    /// <summary>Bytes; 0 when the driver names no limit.</summary>
    public int MinMtu { get; init; }

    /// <summary>Bytes; 0 when the driver names no limit.</summary>
    public int MaxMtu { get; init; }

    /// <summary>IFF_UP.</summary>
    public bool Up { get; init; }

    public bool Equals(NetDevice? other) =>
        other is not null && Name == other.Name && IfIndex == other.IfIndex && Mac == other.Mac && Mtu == other.Mtu &&
        LinkState == other.LinkState && MinMtu == other.MinMtu && MaxMtu == other.MaxMtu && Up == other.Up &&
        AlternativeNames.SequenceEqual(other.AlternativeNames);

    public override int GetHashCode() => HashCode.Combine(Name, IfIndex, Mac, Mtu);
}

/// <summary>What names a VF over reboots: its PF and its index.</summary>
public readonly record struct VfId(PciAddress Pf, int Index) : IComparable<VfId>
{
    public int CompareTo(VfId other) => Pf == other.Pf ? Index.CompareTo(other.Index) : Pf.CompareTo(other.Pf);

    public override string ToString() => $"VF {Index} of {Pf}";

    public static bool operator <(VfId left, VfId right) => left.CompareTo(right) < 0;

    public static bool operator >(VfId left, VfId right) => left.CompareTo(right) > 0;

    public static bool operator <=(VfId left, VfId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(VfId left, VfId right) => left.CompareTo(right) >= 0;
}
