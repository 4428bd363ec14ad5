using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>Chooses a VF for a container out of those of its network. It needs no agent and no broker.</summary>
internal sealed class VfPool(LeaseFiles leases, VfDevices devices, VfReturn back, SriovCni sriov, ContainerRecordReader records)
{
    /// <summary>Takes the first VF that is free, and writes whose it is before anything is done with it.</summary>
    /// <param name="wish">For whom, and of which.</param>
    /// <param name="lease">Which it is.</param>
    /// <param name="guard">Keeps sriov-cni from giving the VF to somebody else, until it has left the host.</param>
    /// <returns>null, or why there is none.</returns>
    public string? Take(VfWish wish, out Lease? lease, out IDisposable? guard)
    {
        (lease, guard) = (null, null);
        IoResult<IDisposable> locked = leases.Lock();
        if (!locked.Ok)
            return locked.Error.ToString();

        using IDisposable held = locked.Value;
        List<string> taken = [];
        foreach (PciAddress vf in wish.Vfs)
        {
            string? reason = WhyLocked(vf, out guard);
            if (reason is null)
                reason = WhyNot(vf, out VfDevice device) ?? Lend(device, wish, out lease);
            if (reason is null)
                return null;

            guard?.Dispose();
            if (lease is not null)
                return reason;
            taken.Add($"{vf} {reason}");
        }

        return taken.Count == 0
            ? $"network {wish.Network} has no VF to hand out"
            : $"network {wish.Network} has no free VF: {string.Join(", ", taken)}";
    }

    private string? Lend(VfDevice device, VfWish wish, out Lease lease)
    {
        PciAddress vf = device.Address;
        lease = new Lease(vf, device.Inode, wish.Container, wish.ContainerName, wish.Network, wish.Namespace, wish.NamespaceInode, wish.Interface)
        {
            Before = device.Link is { } link ? new LinkBefore(link.Name, link.Mac, link.Mtu, link.Up) : null,
            AdminMac = wish.WantsMac ? devices.AdminMacOf(vf) : null,
            Delegate = wish.Delegate,
        };
        if (leases.Write(lease) is not { } error)
            return null;

        // Where only the last sync has failed it is there.
        leases.Drop(vf);
        return error.ToString();
    }

    private string? WhyLocked(PciAddress vf, out IDisposable? guard) => sriov.Lock(vf, wait: false, out guard) is { } error
        ? error.Errno == Errno.EAGAIN ? "is being handed out or taken back by sriov-cni" : $"may be in use ({error})"
        : null;

    private string? WhyNot(PciAddress vf, out VfDevice device)
    {
        device = new VfDevice(vf, 0, null);
        if (leases.Read(vf, out Lease? lease) is { } unread)
            return $"may be in use ({unread})";
        if (lease is not null && leases.IsGood(lease))
            return $"is in use by {lease}";

        // Whose namespace has ended without a word has left the VF as it had it.
        if (lease is not null)
            back.Settle(lease);

        if (sriov.NamespaceWith(vf) is { } network)
            return $"is in use by network namespace {network}";

        return devices.Find(vf, out device) ?? (device.Link is null ? WhyRecorded(vf) : null);
    }

    // Whatever plugin has given a container a VF on vfio-pci, nothing but its runtime's record shows that.
    private string? WhyRecorded(PciAddress vf)
    {
        var look = new Look();
        IoResult<ContainerRecords> read = look.Seen(records.Read(ContainerRecords.Empty, look));
        return !read.Ok ? $"may be in use ({read.Error})"
            : read.Value.UserOf(vf) is { } user ? $"is in use by {user}"
            : null;
    }
}

/// <param name="Container">The runtime's id.</param>
/// <param name="ContainerName">What people call it.</param>
/// <param name="Network">The network's name.</param>
/// <param name="Vfs">What it may hand out, best first.</param>
/// <param name="Namespace">The path of the container's network namespace.</param>
/// <param name="NamespaceInode">What tells it from a later one.</param>
/// <param name="Interface">The netdev's name in there.</param>
internal sealed record VfWish(
    string Container, string ContainerName, string Network, IReadOnlyList<PciAddress> Vfs, string Namespace, long NamespaceInode, string Interface)
{
    /// <summary>The container asks for an address of its own.</summary>
    public bool WantsMac { get; init; }

    /// <summary>The CNI plugin that sets the VF up; null when none does.</summary>
    public string? Delegate { get; init; }
}
