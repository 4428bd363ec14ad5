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
                Text(new Look(), address, "class").StartsWith("0x02", StringComparison.Ordinal))
            {
                pfs.Add(address);
            }
        }

        return pfs.ToImmutable();
    }

    /// <param name="address">The PF's.</param>
    /// <param name="look">Notes what cannot be read.</param>
    /// <returns>null when the device is gone.</returns>
    public PhysicalFunction? Read(PciAddress address, Look look)
    {
        if (look.At(kernel.Read(Attribute(address, "sriov_totalvfs")), null) is not { } total)
            return null;

        return new PhysicalFunction
        {
            Address = address,
            Vendor = PciId(look, address, "vendor"),
            DeviceId = PciId(look, address, "device"),
            Driver = LinkName(look, address, "driver"),
            TotalVfs = Number(total),
            NumVfs = Number(Text(look, address, "sriov_numvfs")),
            NumaNode = Number(Text(look, address, "numa_node"), fallback: -1),
            IommuGroup = Group(look, address),
            Netdev = Uplink(look, address),
            Vfs = WithHolders(look, ReadVfs(look, address)),
        };
    }

    // The index is in the link's name. Addresses say nothing: offset and stride are the NIC's own.
    private ImmutableArray<VirtualFunction> ReadVfs(Look look, PciAddress pf)
    {
        const string prefix = "virtfn";
        var vfs = ImmutableArray.CreateBuilder<VirtualFunction>();
        foreach (string name in look.At(kernel.List(Device(pf)), [])!)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, null, out int index) &&
                PciAddress.TryParse(look.At(kernel.ReadLink(Attribute(pf, name)), null), out PciAddress address))
            {
                vfs.Add(ReadVf(look, index, address));
            }
        }

        vfs.Sort((a, b) => a.Index.CompareTo(b.Index));
        return vfs.ToImmutable();
    }

    // Asking costs a look at every process, so only for VFs that can be held this way.
    private ImmutableArray<VirtualFunction> WithHolders(Look look, ImmutableArray<VirtualFunction> vfs)
    {
        if (!vfs.Any(vf => vf is { OnVfio: true, IommuGroup: not null }))
            return vfs;

        ILookup<string, OpenFile> holders = look.At(kernel.OpenFiles(_vfio), [])!.ToLookup(file => Path.GetFileName(file.Path), StringComparer.Ordinal);
        return [.. vfs.Select(vf => vf is { OnVfio: true, IommuGroup: { } group } && holders[group.DeviceNode].FirstOrDefault() is { } holder
            ? vf with { OpenedBy = $"process {holder.ProcessId} ({holder.Process})" }
            : vf)];
    }

    private VirtualFunction ReadVf(Look look, int index, PciAddress address)
    {
        string driverOverride = Text(look, address, "driver_override");
        string? netdev = look.At(kernel.List(Attribute(address, "net")), null) is [var first, ..] ? first : null;
        return new VirtualFunction(
            index,
            address,
            PciId(look, address, "vendor"),
            PciId(look, address, "device"),
            LinkName(look, address, "driver"),
            driverOverride is "" or "(null)" ? null : driverOverride,
            netdev is null ? null : ReadNetdev(look, address, netdev),
            Group(look, address));
    }

    // In switchdev mode the PF's folder lists the VFs' representors as well (since 5.8); the uplink's port is called p0, p1, ….
    private NetDevice? Uplink(Look look, PciAddress pf)
    {
        IReadOnlyList<string> names = look.At(kernel.List(Attribute(pf, "net")), [])!;
        string? uplink = names is [var only]
            ? only
            : names.FirstOrDefault(name => IsUplinkPort(look.At(kernel.Read(Attribute(pf, $"net/{name}/phys_port_name")), "")!)) ??
              names.MinBy(name => Number(Text(look, pf, $"net/{name}/ifindex"), fallback: int.MaxValue));
        if (uplink is null)
            return null;

        // Limits and alternative names are only known to rtnetlink.
        NetDevice netdev = ReadNetdev(look, pf, uplink);
        return look.At(kernel.GetLink(netdev.IfIndex), null) is { } link
            ? netdev with { AlternativeNames = [.. link.AlternativeNames], MinMtu = link.MinMtu, MaxMtu = link.MaxMtu, Up = link.Up }
            : netdev;
    }

    private static bool IsUplinkPort(string port) => port.Length > 1 && port[0] == 'p' && port.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    private NetDevice ReadNetdev(Look look, PciAddress device, string name) => new(
        name,
        Number(Text(look, device, $"net/{name}/ifindex")),
        Text(look, device, $"net/{name}/address"),
        Number(Text(look, device, $"net/{name}/mtu")),
        Text(look, device, $"net/{name}/operstate"));

    private IommuGroup? Group(Look look, PciAddress device) =>
        LinkName(look, device, "iommu_group") is { } name && int.TryParse(name, NumberStyles.None, null, out int number)
            ? new IommuGroup(number, look.At(kernel.Read(Path.Combine(_groups, name, "name")), "") == "vfio-noiommu")
            : null;

    private string PciId(Look look, PciAddress device, string attribute)
    {
        string text = Text(look, device, attribute);
        return text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text;
    }

    private string? LinkName(Look look, PciAddress device, string link) => look.At(kernel.ReadLink(Attribute(device, link)), null);

    private string Text(Look look, PciAddress device, string attribute) => look.At(kernel.Read(Attribute(device, attribute)), "")!;

    private static int Number(string text, int fallback = 0) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : fallback;

    private string Device(PciAddress device) => Path.Combine(_devices, device.ToString());

    private string Attribute(PciAddress device, string attribute) => Path.Combine(_devices, device.ToString(), attribute);
}
