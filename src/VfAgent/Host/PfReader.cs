using System.Collections.Immutable;
using System.Globalization;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>Reads PFs and their VFs from sysfs. Blocks as long as the driver does: run it on a worker.</summary>
internal sealed class PfReader(IKernel kernel, string sysRoot, string devRoot)
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

        NetDevice? uplink = Uplink(address);
        ImmutableArray<VirtualFunction> vfs = WithHolders(ReadVfs(address));
        IoResult<IReadOnlyList<VfAttributes>> attributes = uplink is null || vfs.IsEmpty ? Array.Empty<VfAttributes>() : kernel.GetVfs(uplink.IfIndex);
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
            Netdev = uplink,
            VfAttributesError = attributes.Error,
            Vfs = With(attributes.ValueOr([])!, vfs),
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

    private static ImmutableArray<VirtualFunction> With(IReadOnlyList<VfAttributes> attributes, ImmutableArray<VirtualFunction> vfs)
    {
        Dictionary<int, VfAttributes> byIndex = attributes.ToDictionary(vf => vf.Index);
        return [.. vfs.Select(vf => vf with { Admin = byIndex.GetValueOrDefault(vf.Index) })];
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

    // In switchdev mode the PF's folder lists the VFs' representors as well (since 5.8); the uplink's port is called p0, p1, ….
    private NetDevice? Uplink(PciAddress pf)
    {
        IReadOnlyList<string> names = kernel.List(Attribute(pf, "net")).ValueOr([])!;
        string? uplink = names is [var only]
            ? only
            : names.FirstOrDefault(name => IsUplinkPort(kernel.Read(Attribute(pf, $"net/{name}/phys_port_name")).ValueOr("")!)) ??
              names.MinBy(name => Number(Text(pf, $"net/{name}/ifindex"), fallback: int.MaxValue));
        if (uplink is null)
            return null;

        // Limits and alternative names are only known to rtnetlink.
        NetDevice netdev = ReadNetdev(pf, uplink);
        return kernel.GetLink(netdev.IfIndex) is { Ok: true, Value: var link }
            ? netdev with { AlternativeNames = [.. link.AlternativeNames], MinMtu = link.MinMtu, MaxMtu = link.MaxMtu, Up = link.Up }
            : netdev;
    }

    private static bool IsUplinkPort(string port) => port.Length > 1 && port[0] == 'p' && port.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

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
}
