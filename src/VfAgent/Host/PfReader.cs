using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>Reads PFs and their VFs from sysfs. Blocks as long as the driver does: run it on a worker.</summary>
internal sealed partial class PfReader(IKernel kernel, string sysRoot, string devRoot)
{
    private readonly string _devices = Path.Combine(sysRoot, "bus", "pci", "devices");
    private readonly string _vfio = Path.Combine(devRoot, "vfio");
    private readonly string _groups = Path.Combine(sysRoot, "kernel", "iommu_groups");

    /// <summary>Network devices (PCI class 02) that have sriov_totalvfs, which is also there when the firmware offers 0.</summary>
    public IoResult<ImmutableArray<PciAddress>> ListPfs()
    {
        IoResult<IReadOnlyList<string>> names = kernel.List(_devices);
        if (!names.Ok)
            return names.Error;

        var pfs = ImmutableArray.CreateBuilder<PciAddress>();
        foreach (string name in names.Value)
        {
            if (PciAddress.TryParse(name, out PciAddress address) && kernel.Exists(Attribute(address, "sriov_totalvfs")) &&
                Text(address, "class").StartsWith("0x02", StringComparison.Ordinal))
            {
                pfs.Add(address);
            }
        }

        return pfs.ToImmutable();
    }

    /// <returns>null when the device is gone.</returns>
    public PhysicalFunction? Read(PciAddress address)
    {
        if (kernel.Read(Attribute(address, "sriov_totalvfs")) is not { Ok: true, Value: var total })
            return null;

        return new PhysicalFunction
        {
            Address = address,
            Vendor = PciId(address, "vendor"),
            DeviceId = PciId(address, "device"),
            Driver = LinkName(address, "driver"),
            TotalVfs = Number(total),
            NumVfs = Number(Text(address, "sriov_numvfs")),
            NumaNode = Number(Text(address, "numa_node"), fallback: -1),
            IommuGroup = Group(address),
            Netdev = Uplink(address),
            Vfs = WithHolders(ReadVfs(address)),
        };
    }

    // The index is in the link's name. Addresses say nothing: offset and stride are the NIC's own.
    private ImmutableArray<VirtualFunction> ReadVfs(PciAddress pf)
    {
        const string prefix = "virtfn";
        var vfs = ImmutableArray.CreateBuilder<VirtualFunction>();
        foreach (string name in kernel.List(Device(pf)).ValueOr([])!)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, null, out int index) &&
                PciAddress.TryParse(kernel.ReadLink(Attribute(pf, name)).ValueOr(null), out PciAddress address))
            {
                vfs.Add(ReadVf(index, address));
            }
        }

        vfs.Sort((a, b) => a.Index.CompareTo(b.Index));
        return vfs.ToImmutable();
    }

    // Asking costs a look at every process, so only for VFs that can be held this way.
    private ImmutableArray<VirtualFunction> WithHolders(ImmutableArray<VirtualFunction> vfs)
    {
        if (!vfs.Any(vf => vf is { OnVfio: true, IommuGroup: not null }))
            return vfs;

        ILookup<string, OpenFile> holders = kernel.OpenFiles(_vfio).ValueOr([])!.ToLookup(file => Path.GetFileName(file.Path), StringComparer.Ordinal);
        return [.. vfs.Select(vf => vf is { OnVfio: true, IommuGroup: { } group } && holders[group.DeviceNode].FirstOrDefault() is { } holder
            ? vf with { OpenedBy = $"process {holder.ProcessId} ({holder.Process})" }
            : vf)];
    }

    private VirtualFunction ReadVf(int index, PciAddress address)
    {
        string driverOverride = Text(address, "driver_override");
        string? netdev = kernel.List(Attribute(address, "net")).Value is [var first, ..] ? first : null;
        return new VirtualFunction(
            index,
            address,
            PciId(address, "vendor"),
            PciId(address, "device"),
            LinkName(address, "driver"),
            driverOverride is "" or "(null)" ? null : driverOverride,
            netdev is null ? null : ReadNetdev(address, netdev),
            Group(address));
    }

    // The netdev that the PF had first, as a NIC of several ports on one PF has several.
    private NetDevice? Uplink(PciAddress pf)
    {
        string? uplink = kernel.List(Attribute(pf, "net")).ValueOr([])!
            .OrderBy(name => Number(Text(pf, $"net/{name}/ifindex"), fallback: int.MaxValue))
            .FirstOrDefault(name => !IsRepresentor(pf, name));
        if (uplink is null)
            return null;

        // Limits and alternative names are only known to rtnetlink.
        NetDevice netdev = ReadNetdev(pf, uplink);
        return kernel.GetLink(netdev.IfIndex) is { Ok: true, Value: var link }
            ? netdev with { AlternativeNames = [.. link.AlternativeNames], MinMtu = link.MinMtu, MaxMtu = link.MaxMtu, Up = link.Up }
            : netdev;
    }

    // In switchdev mode the PF's folder lists what stands for its VFs in the NIC's switch as well (since 5.8), and nothing else when the
    // uplink is in another network namespace. What a switch calls its ports says which is which (net/devlink/port.c); old drivers
    // give the uplink no name and a representor the VF's bare number.
    private bool IsRepresentor(PciAddress pf, string netdev) =>
        Text(pf, $"net/{netdev}/phys_switch_id").Length > 0 &&
        Text(pf, $"net/{netdev}/phys_port_name") is { Length: > 0 } port && !PhysicalPort().IsMatch(port);

    private NetDevice ReadNetdev(PciAddress device, string name) => new(
        name,
        Number(Text(device, $"net/{name}/ifindex")),
        Text(device, $"net/{name}/address"),
        Number(Text(device, $"net/{name}/mtu")),
        Text(device, $"net/{name}/operstate"));

    private IommuGroup? Group(PciAddress device) =>
        LinkName(device, "iommu_group") is { } name && int.TryParse(name, NumberStyles.None, null, out int number)
            ? new IommuGroup(number, kernel.Read(Path.Combine(_groups, name, "name")).ValueOr("") == "vfio-noiommu")
            : null;

    private string PciId(PciAddress device, string attribute)
    {
        string text = Text(device, attribute);
        return text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text;
    }

    private string? LinkName(PciAddress device, string link) => kernel.ReadLink(Attribute(device, link)).ValueOr(null);

    private string Text(PciAddress device, string attribute) => kernel.Read(Attribute(device, attribute)).ValueOr("")!;

    private static int Number(string text, int fallback = 0) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : fallback;

    private string Device(PciAddress device) => Path.Combine(_devices, device.ToString());

    private string Attribute(PciAddress device, string attribute) => Path.Combine(_devices, device.ToString(), attribute);

    // The second part is there on a port that was split.
    [GeneratedRegex("^p[0-9]+(s[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex PhysicalPort();
}
