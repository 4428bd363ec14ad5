using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>Reads PFs and their VFs from sysfs. Blocks as long as the driver does: run it on a worker.</summary>
/// <param name="kernel">The machine.</param>
/// <param name="paths">Where sysfs, devfs and proc are.</param>
/// <param name="broker">The broker's address while it is known: the way to it must not be cut off.</param>
internal sealed partial class PfReader(IKernel kernel, HostPaths paths, Func<IPAddress?>? broker = null)
{
    private readonly ManagementReader _management = new(kernel, paths, broker ?? (() => null));
    private readonly string _vfio = Path.Combine(paths.DevRoot, "vfio");
    private readonly string _groups = Path.Combine(paths.SysRoot, "kernel", "iommu_groups");

    /// <summary>Network devices (PCI class 02) that have sriov_totalvfs, which is also there when the firmware offers 0.</summary>
    public IoResult<ImmutableArray<PciAddress>> ListPfs()
    {
        IoResult<IReadOnlyList<string>> names = kernel.List(paths.Devices);
        if (!names.Ok)
            return names.Error;

        var look = new Look();
        var pfs = ImmutableArray.CreateBuilder<PciAddress>();
        foreach (string name in names.Value)
        {
            if (PciAddress.TryParse(name, out PciAddress address) && look.At(kernel.IsThere(Attribute(address, "sriov_totalvfs")), false) &&
                Text(look, address, "class").StartsWith("0x02", StringComparison.Ordinal))
            {
                pfs.Add(address);
            }
        }

        return look.Seen(pfs.ToImmutable());
    }

    /// <param name="address">The PF's.</param>
    /// <param name="look">Notes what cannot be read.</param>
    /// <returns>null when the device is gone.</returns>
    public PhysicalFunction? Read(PciAddress address, Look look)
    {
        if (look.At(kernel.Read(Attribute(address, "sriov_totalvfs")), null) is not { } total)
            return null;

        string? driver = LinkName(look, address, "driver");
        NetDevice? uplink = Uplink(look, Netdevs(look, address, driver));
        ManagementLinks management = _management.Read(look);
        ImmutableArray<VirtualFunction> vfs =
            [.. WithHolders(look, ReadVfs(look, address)).Select(vf => _management.WithHostsUse(vf, management, look))];
        IoResult<IReadOnlyList<VfAttributes>> attributes =
            uplink is null || vfs.IsEmpty ? Array.Empty<VfAttributes>() : kernel.GetVfs(uplink.IfIndex);
        return new PhysicalFunction
        {
            Address = address,
            Vendor = PciId(look, address, "vendor"),
            DeviceId = PciId(look, address, "device"),
            Driver = driver,
            TotalVfs = Number(total),
            NumVfs = Number(Text(look, address, "sriov_numvfs")),
            DriversAutoprobe = Text(look, address, "sriov_drivers_autoprobe") != "0",
            Eswitch = look.At(Eswitch(address), null),
            NumaNode = Number(Text(look, address, "numa_node"), fallback: -1),
            IommuGroup = Group(look, address),
            Netdev = uplink,
            Carries = (uplink is null ? null : _management.CarriedBy(uplink.Name, management, look)) ??
                vfs.Where(vf => vf.Carries is not null).Select(vf => $"{vf.Carries}, through VF {vf.Index}").FirstOrDefault(),
            VfAttributesError = attributes.Error,
            Vfs = With(attributes.ValueOr([])!, vfs),
        };
    }

    /// <summary>The PF's own netdev; null when it has none here.</summary>
    public NetDevice? Uplink(PciAddress pf, Look look) => Uplink(look, Netdevs(look, pf, LinkName(look, pf, "driver")));

    /// <summary>The index of a VF and its PF; null when it has none, or is gone.</summary>
    public VfId? IdOf(PciAddress vf, Look look) => PciAddress.TryParse(LinkName(look, vf, "physfn"), out PciAddress pf)
        ? Links(look, pf).Where(link => link.Vf == vf).Select(link => (VfId?)new VfId(pf, link.Index)).FirstOrDefault()
        : null;

    // The index is in the link's name. Addresses say nothing: offset and stride are the NIC's own.
    private IEnumerable<(int Index, PciAddress Vf)> Links(Look look, PciAddress pf)
    {
        const string prefix = "virtfn";
        foreach (string name in look.At(kernel.List(paths.Device(pf)), [])!)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, null, out int index) &&
                PciAddress.TryParse(look.At(kernel.ReadLink(Attribute(pf, name)), null), out PciAddress address))
            {
                yield return (index, address);
            }
        }
    }

    private ImmutableArray<VirtualFunction> ReadVfs(Look look, PciAddress pf) =>
        [.. Links(look, pf).Select(link => ReadVf(look, link.Index, link.Vf)).OrderBy(vf => vf.Index)];

    private static ImmutableArray<VirtualFunction> With(IReadOnlyList<VfAttributes> attributes, ImmutableArray<VirtualFunction> vfs)
    {
        Dictionary<int, VfAttributes> byIndex = attributes.ToDictionary(vf => vf.Index);
        return [.. vfs.Select(vf => vf with { Admin = byIndex.GetValueOrDefault(vf.Index) })];
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
        string? driver = LinkName(look, address, "driver");
        string driverOverride = Text(look, address, "driver_override");
        return new VirtualFunction(
            index,
            address,
            PciId(look, address, "vendor"),
            PciId(look, address, "device"),
            driver,
            driverOverride is "" or "(null)" ? null : driverOverride,
            Netdevs(look, address, driver).FirstOrDefault() is { } netdev ? ReadNetdev(look, netdev) : null,
            Group(look, address));
    }

    /// <summary>
    /// The folders of the netdevs that a driver made. virtio's are not the PCI device's children but its child's: virtio0/net/eth0.
    /// </summary>
    public IEnumerable<string> Netdevs(Look look, PciAddress device, string? driver)
    {
        string parent = paths.Device(device);
        if (driver == "virtio-pci")
        {
            parent = look.At(kernel.List(parent), [])!.Where(name => name.StartsWith("virtio", StringComparison.Ordinal))
                .Select(name => Path.Combine(parent, name)).FirstOrDefault(parent);
        }

        string folder = Path.Combine(parent, "net");
        return look.At(kernel.List(folder), [])!.Select(name => Path.Combine(folder, name));
    }

    // The netdev that the PF had first, as a NIC of several ports on one PF has several.
    private NetDevice? Uplink(Look look, IEnumerable<string> netdevs)
    {
        string? uplink = netdevs
            .OrderBy(netdev => Number(Text(look, netdev, "ifindex"), fallback: int.MaxValue))
            .FirstOrDefault(netdev => !IsRepresentor(look, netdev));
        if (uplink is null)
            return null;

        // Limits and alternative names are only known to rtnetlink.
        NetDevice found = ReadNetdev(look, uplink);
        return look.At(kernel.GetLink(found.IfIndex), null) is { } link
            ? found with { AlternativeNames = [.. link.AlternativeNames], MinMtu = link.MinMtu, MaxMtu = link.MaxMtu, Up = link.Up }
            : found;
    }

    // In switchdev mode the PF's folder lists what stands for its VFs in the NIC's switch as well (since 5.8), and nothing else when the
    // uplink is in another network namespace. What a switch calls its ports says which is which (net/devlink/port.c); old drivers
    // give the uplink no name and a representor the VF's bare number.
    private bool IsRepresentor(Look look, string netdev) =>
        Text(look, netdev, "phys_switch_id").Length > 0 && Text(look, netdev, "phys_port_name") is { Length: > 0 } port && !PhysicalPort().IsMatch(port);

    private NetDevice ReadNetdev(Look look, string netdev) => new(
        Path.GetFileName(netdev),
        Number(Text(look, netdev, "ifindex")),
        Text(look, netdev, "address"),
        Number(Text(look, netdev, "mtu")),
        Text(look, netdev, "operstate"));

    private IoResult<EswitchMode?> Eswitch(PciAddress pf)
    {
        IoResult<EswitchMode> read = kernel.GetEswitch(pf.DevlinkHandle);
        return read.Ok ? (EswitchMode?)read.Value : read.Error;
    }

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

    private string Text(Look look, PciAddress device, string attribute) => Text(look, paths.Device(device), attribute);

    private string Text(Look look, string folder, string attribute) => look.At(kernel.Read(Path.Combine(folder, attribute)), "")!;

    private static int Number(string text, int fallback = 0) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : fallback;

    private string Attribute(PciAddress device, string attribute) => Path.Combine(paths.Device(device), attribute);

    // The second part is there on a port that was split.
    [GeneratedRegex("^p[0-9]+(s[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex PhysicalPort();
}
