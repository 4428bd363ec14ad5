using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>VFs as a plugin finds them, one at a time: it looks at no more than it needs.</summary>
internal sealed class VfDevices(IKernel kernel, HostPaths paths)
{
    private readonly PfReader _reader = new(kernel, paths);

    /// <summary>Looks at a VF that is to be handed out.</summary>
    /// <returns>null, or why a container cannot have it now.</returns>
    public string? Find(PciAddress vf, out VfDevice device)
    {
        device = new VfDevice(vf, 0, null);
        string folder = paths.Device(vf);
        IoResult<long> inode = kernel.GetInode(folder);
        if (!inode.Ok)
            return inode.Error.Errno == Errno.ENOENT ? "is not there" : $"may not be there ({inode.Error})";

        device = device with { Inode = inode.Value };
        if (DriverOf(vf) is not { } driver)
            return "has no driver";
        if (VirtualFunction.IsVfio(driver))
            return OpenedBy(folder);

        IoResult<(string Folder, Link Link)> netdev = Netdev(vf, driver);
        if (!netdev.Ok)
            return "has its interface elsewhere";

        device = device with { Link = netdev.Value.Link };
        IEnumerable<string> attributes = kernel.List(netdev.Value.Folder).ValueOr([])!;
        return attributes.Any(name => name == "master" || name.StartsWith("upper_", StringComparison.Ordinal)) ? "is used by the host itself" : null;
    }

    /// <summary>The VF's netdev in the host's namespace; null when it has none there.</summary>
    public Link? LinkOf(PciAddress vf) => Netdev(vf, DriverOf(vf)).Value.Link;

    /// <summary>Its netdev is in another namespace, or on its way back out of one that has ended (cleanup_net).</summary>
    public bool IsAway(PciAddress vf) => DriverOf(vf) is { } driver && !VirtualFunction.IsVfio(driver) && LinkOf(vf) is null;

    /// <summary>The address that the PF's driver holds for the VF; null when that is not known.</summary>
    public string? AdminMacOf(PciAddress vf) => Admin(vf) is { } admin
        ? kernel.GetVfs(admin.PfIfIndex).ValueOr([])!.FirstOrDefault(attributes => attributes.Index == admin.Index)?.Mac
        : null;

    /// <summary>Has the PF's driver give the VF an address.</summary>
    public IoError? SetAdminMac(PciAddress vf, string mac) => Admin(vf) is { } admin
        ? kernel.SetVf(admin.PfIfIndex, admin.Index, new VfMac(mac))
        : new IoError(Errno.ENODEV, $"set the address of {vf} through its PF");

    private string? DriverOf(PciAddress vf) => kernel.ReadLink(Path.Combine(paths.Device(vf), "driver")).ValueOr(null);

    private (int PfIfIndex, int Index)? Admin(PciAddress vf)
    {
        var look = new Look();
        return _reader.IdOf(vf, look) is { } id && _reader.Uplink(id.Pf, look) is { } uplink ? (uplink.IfIndex, id.Index) : null;
    }

    private IoResult<(string Folder, Link Link)> Netdev(PciAddress vf, string? driver)
    {
        var nothing = new IoError(Errno.ENODEV, $"find the interface of {vf}");
        if (_reader.Netdevs(new Look(), vf, driver).FirstOrDefault() is not { } folder ||
            !int.TryParse(kernel.Read(Path.Combine(folder, "ifindex")).ValueOr(""), out int ifindex))
        {
            return nothing;
        }

        IoResult<Link> link = kernel.GetLink(ifindex);
        return link.Ok ? (folder, link.Value) : link.Error;
    }

    // A virtual machine that was started by hand has no lease.
    private string? OpenedBy(string folder)
    {
        string vfio = Path.Combine(paths.DevRoot, "vfio");
        if (kernel.ReadLink(Path.Combine(folder, "iommu_group")).ValueOr(null) is not { } group)
            return null;

        OpenFile? holder = kernel.OpenFiles(vfio).ValueOr([])!
            .FirstOrDefault(file => Path.GetFileName(file.Path) is var node && (node == group || node == $"noiommu-{group}"));
        return holder is null ? null : $"is open in process {holder.ProcessId} ({holder.Process})";
    }
}

/// <param name="Address">Which VF.</param>
/// <param name="Inode">Its folder's.</param>
/// <param name="Link">Its netdev in the host's namespace; null when it is on vfio-pci.</param>
internal sealed record VfDevice(PciAddress Address, long Inode, Link? Link);
