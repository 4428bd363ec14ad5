using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>A PF's SR-IOV capability and its VFs that are there (struct pci_sriov).</summary>
internal sealed class Sriov
{
    /// <summary>The number enabled. The VFs themselves may still be on their way.</summary>
    public int NumVfs { get; set; }

    public bool DriversAutoprobe { get; set; } = true;

    public SortedDictionary<int, PciDevice> Vfs { get; } = [];

    /// <summary>What the PF's driver holds for each VF, whether it is there yet or not. Gone with the VFs.</summary>
    public List<VfSettings> Settings { get; } = [];

    /// <summary>What the embedded switch does.</summary>
    public EswitchMode Eswitch { get; set; }

    /// <summary>What stands for VFs in the kernel while that forwards for the switch, by the VFs' indexes.</summary>
    public SortedDictionary<int, Netdev> Representors { get; } = [];

    /// <summary>A removal waits for a VF's user; whoever wants to enable VFs waits behind it (device_lock).</summary>
    public bool IsRemoving { get; set; }

    /// <summary>Counts enables and disables, so that VFs still on their way do not come after a disable.</summary>
    public int Changes { get; set; }
}
