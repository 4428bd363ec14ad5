using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>Chooses a VF for a container out of those of its network. It needs no agent and no broker.</summary>
internal sealed class VfPool(IKernel kernel, IDisk disk, HostPaths paths, LeaseFiles leases, VfDevices devices, VfReturn back)
{
    private readonly string _allocations = Path.Combine(paths.CniCacheDirectory, "sriov", "pci");

    /// <summary>Takes the first VF that is free, and writes whose it is before anything is done with it.</summary>
    /// <returns>null, or why there is none.</returns>
    public string? Take(VfWish wish, out Lease? lease)
    {
        lease = null;
        IoResult<IDisposable> locked = leases.Lock();
        if (!locked.Ok)
            return locked.Error.ToString();

        using IDisposable held = locked.Value;
        List<string> taken = [];
        foreach (PciAddress vf in wish.Vfs)
        {
            if (WhyNot(vf, out VfDevice device) is { } reason)
            {
                taken.Add($"{vf} {reason}");
                continue;
            }

            lease = new Lease(vf, wish.Container, wish.ContainerName, wish.Network, wish.Namespace, wish.NamespaceInode, wish.Interface)
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

        return taken.Count == 0
            ? $"network {wish.Network} has no VF to hand out"
            : $"network {wish.Network} has no free VF: {string.Join(", ", taken)}";
    }

    private string? WhyNot(PciAddress vf, out VfDevice device)
    {
        device = new VfDevice(vf, null);
        if (leases.Read(vf, out Lease? lease) is { } unread)
            return $"may be in use ({unread})";
        if (lease is not null && leases.IsGood(lease))
            return $"is in use by {lease}";

        // Whose namespace has ended without a word has left the VF as it had it.
        if (lease is not null)
            back.Settle(lease);

        // sriov-cni's file says which namespace has the VF.
        return disk.Read(Path.Combine(_allocations, vf.ToString())).ValueOr(null) is { } allocation &&
            Encoding.UTF8.GetString(allocation).Trim() is { Length: > 0 } network && kernel.Exists(network)
                ? $"is in use by network namespace {network}"
                : devices.Find(vf, out device);
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
