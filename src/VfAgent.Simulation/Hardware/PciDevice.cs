using VfAgent.Core.Observed;
using VfAgent.Simulation.Tree;

namespace VfAgent.Simulation.Hardware;

/// <summary>A PCI function: a PF, a VF or something else on the bus.</summary>
internal sealed class PciDevice(PciAddress address)
{
    public PciAddress Address { get; } = address;

    /// <summary>Its folder's name in sysfs.</summary>
    public string Name { get; } = address.ToString();

    /// <summary>Its folder.</summary>
    public string Home { get; } = $"/sys/devices/pci0000:00/{address}";

    public required int Vendor { get; init; }

    public required int Device { get; init; }

    /// <summary>PCI class code; 0x020000 is an Ethernet controller.</summary>
    public int Class { get; init; } = 0x020000;

    /// <summary>What kind of NIC it is or belongs to; null for the rest.</summary>
    public NicModel? Nic { get; init; }

    /// <summary>A PF's SR-IOV capability.</summary>
    public Sriov? Sriov { get; init; }

    /// <summary>A PF's <c>sriov_totalvfs</c>: as many as its driver allows or, while it has none, as the capability has.</summary>
    public int TotalVfs => Driver is null or { IsVfio: true } ? Nic!.CapabilityVfs : Nic!.TotalVfs;

    /// <summary>A VF's PF, and the N of its <c>virtfnN</c> link.</summary>
    public PciDevice? PhysFn { get; init; }

    public int VfIndex { get; init; }

    /// <summary>Whether <c>virtfnN</c> and <c>physfn</c> are there: later than a VF's folder, and gone before it.</summary>
    public bool IsLinked { get; set; }

    /// <summary>Name of the netdev that the driver makes, when it is not the next free one.</summary>
    public string? NetdevName { get; init; }

    public string? NetdevMac { get; init; }

    /// <summary>Its folder's; another for a later device at the same address.</summary>
    public long Inode { get; set; }

    public int? IommuGroup { get; set; }

    public PciDriver? Driver { get; set; }

    /// <summary>Counts binds, so that what one of them started late does not outlive it.</summary>
    public int Binds { get; set; }

    public string? DriverOverride { get; set; }

    public Netdev? Netdev { get; set; }

    public Folder? Folder { get; set; }
}
