using System.Globalization;
using VfAgent.Core.Kernel;
using VfAgent.Simulation.Hardware;

namespace VfAgent.Simulation.Tree;

/// <summary>A PCI function's folder under /sys/devices.</summary>
internal static class PciDeviceTree
{
    private const string VirtFn = "virtfn";

    public static Folder Of(Machine machine, PciDevice device) => device.Folder ??= Build(machine, device);

    private static Folder Build(Machine machine, PciDevice device)
    {
        Folder folder = new Folder { Inode = device.Inode }
            .File("vendor", () => $"0x{device.Vendor:x4}")
            .File("device", () => $"0x{device.Device:x4}")
            .File("class", () => $"0x{device.Class:x6}")
            .File("numa_node", () => -1)
            .File("driver_override", () => device.DriverOverride ?? "(null)", (value, _) => Drivers.WriteOverride(device, value))
            .Link("subsystem", () => "/sys/bus/pci")
            .Link("driver", () => device.Driver is { } driver ? $"/sys/bus/pci/drivers/{driver.Name}" : null)
            .Link("iommu_group", () => device.IommuGroup is { } group ? $"/sys/kernel/iommu_groups/{group}" : null)
            .Link("physfn", () => device is { IsLinked: true, PhysFn: { } pf } ? pf.Home : null);

        AddNetdev(machine, device, folder);
        if (device.Sriov is { } sriov)
            AddSriov(machine, device, sriov, folder);

        return folder;
    }

    private static void AddNetdev(Machine machine, PciDevice device, Folder folder)
    {
        // The folder stays while the netdev is in a container; its entries are those of the host's namespace.
        Folder net = new Folder().Each(
            () => Netdevs(device).Select(netdev => netdev.Name),
            name => Netdevs(device).FirstOrDefault(netdev => netdev.Name == name) is { } netdev ? NetdevTree.Of(machine, netdev) : null);

        Folder? NetWhilePresent() => device.Netdev is null ? null : net;
        if (device is { Nic: null, Netdev: { } own } && own.Home != device.Home)
            folder.Put(Path.GetFileName(own.Home), new Folder().When("net", NetWhilePresent));
        else
            folder.When("net", NetWhilePresent);
    }

    // A PF's own, and what stands for its VFs.
    private static IEnumerable<Netdev> Netdevs(PciDevice device)
    {
        if (device.Netdev is { Container: null } own)
            yield return own;
        foreach (Netdev representor in device.Sriov?.Representors.Values ?? Enumerable.Empty<Netdev>())
            yield return representor;
    }

    // The files of drivers/pci/iov.c. The agent does not read those of MSI-X.
    private static void AddSriov(Machine machine, PciDevice pf, Sriov sriov, Folder folder) => folder
        .File("sriov_totalvfs", () => pf.TotalVfs)
        .File("sriov_numvfs", () => sriov.NumVfs, (value, fault) => machine.VirtualFunctions.WriteNumVfs(pf, value, MostVfs(fault)))
        .File("sriov_drivers_autoprobe", () => sriov.DriversAutoprobe ? 1 : 0, (value, _) => WriteAutoprobe(sriov, value))
        .File("sriov_offset", () => pf.Nic!.VfOffset)
        .File("sriov_stride", () => pf.Nic!.VfStride)
        .File("sriov_vf_device", () => $"{pf.Nic!.VfDevice:x4}")
        .Each(
            () => sriov.Vfs.Values.Where(vf => vf.IsLinked).Select(vf => $"{VirtFn}{vf.VfIndex}"),
            name => FindVf(sriov, name) is { IsLinked: true } vf ? new SymbolicLink(vf.Home) : null);

    private static int MostVfs(Fault fault) => fault.Kind == FaultKind.FewerVfs ? fault.Argument : int.MaxValue;

    private static Errno? WriteAutoprobe(Sriov sriov, string value)
    {
        if (KernelText.ParseBool(value) is not { } autoprobe)
            return Errno.EINVAL;

        sriov.DriversAutoprobe = autoprobe;
        return null;
    }

    private static PciDevice? FindVf(Sriov sriov, string name) =>
        name.StartsWith(VirtFn, StringComparison.Ordinal) &&
        int.TryParse(name.AsSpan(VirtFn.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? sriov.Vfs.GetValueOrDefault(index)
            : null;
}
