using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Leases;

/// <summary>Gives a container the VF of a lease, set up as it asks.</summary>
internal sealed class VfHandover(IKernel kernel, VfDevices devices)
{
    /// <summary>
    /// A VF's netdev among the links of a container, which may have renamed it. Before Linux 5.14 only its name tells.
    /// </summary>
    public static Link? Find(IReadOnlyList<Link> links, Lease lease) =>
        links.FirstOrDefault(link => link.ParentDevice == lease.Vf.ToString()) ??
        links.FirstOrDefault(link => link.ParentDevice is null && link.Name == lease.Interface);

    /// <summary>Moves the netdev into the container and sets it up there. A VF on vfio-pci stays: its address is all that there is to set.</summary>
    /// <param name="lease">Which VF, and where to.</param>
    /// <param name="container">The container's namespace.</param>
    /// <param name="wish">How.</param>
    /// <param name="mac">The address that the VF has then.</param>
    /// <returns>null, or what could not be done; then some of it may be done.</returns>
    public IoError? Attach(Lease lease, INetworkNamespace container, LinkWish wish, out string mac)
    {
        mac = wish.Mac ?? "";
        if (lease.Before is null)
        {
            IoError? refused = wish.Mac is null ? null : devices.SetAdminMac(lease.Vf, wish.Mac);
            mac = wish.Mac ?? devices.AdminMacOf(lease.Vf) ?? MacAddress.None;
            return refused;
        }

        if (Move(lease, container) is { } error)
            return error;

        IoResult<IReadOnlyList<Link>> links = container.GetLinks();
        if (!links.Ok)
            return links.Error;
        if (Find(links.Value, lease) is not { } link)
            return new IoError(Errno.ENODEV, $"find {lease.Interface} in the container");

        mac = wish.Mac ?? link.Mac;
        return (wish.Mac is null ? null : SetMac(lease, container, link.Index, wish.Mac)) ??
            (wish.Mtu is { } mtu && mtu != link.Mtu ? container.SetLinkMtu(link.Index, mtu) : null) ??
            First(wish.Addresses, address => container.AddAddress(link.Index, address.Address, address.PrefixLength)) ??
            container.SetLinkUp(link.Index, true) ??
            First(wish.Routes, route => container.AddRoute(wish.IsOverLink(route) ? route with { IfIndex = link.Index } : route));
    }

    private static IoError? First<T>(IEnumerable<T> items, Func<T, IoError?> set) => items.Select(set).FirstOrDefault(error => error is not null);

    private IoError? Move(Lease lease, INetworkNamespace container)
    {
        IoResult<INetworkNamespace> opened = kernel.OpenNamespace(null);
        if (!opened.Ok)
            return opened.Error;

        using INetworkNamespace host = opened.Value;
        return devices.LinkOf(lease.Vf) is { } link
            ? host.MoveLink(link.Index, container, lease.Interface)
            : new IoError(Errno.ENODEV, $"find the interface of {lease.Vf}");
    }

    // The PF may have been told which address the VF has to have. Then its driver refuses another one, or takes it and lets no frame with it pass.
    private IoError? SetMac(Lease lease, INetworkNamespace container, int index, string mac)
    {
        IoError? error = container.SetLinkMac(index, mac);
        bool isHeld = devices.AdminMacOf(lease.Vf) is { } held && held != MacAddress.None && held != mac;
        if (error is null && !isHeld)
            return null;

        return devices.SetAdminMac(lease.Vf, mac) ?? (error is null ? null : container.SetLinkMac(index, mac));
    }
}

/// <summary>What a container asks for.</summary>
/// <param name="Mac">null for the VF's own; lower-case, colon separated.</param>
/// <param name="Mtu">Bytes; null for the VF's own.</param>
/// <param name="Addresses">With the bits that neighbours share.</param>
/// <param name="Routes">In the order they are added.</param>
internal sealed record LinkWish(string? Mac, int? Mtu, IReadOnlyList<LinkAddress> Addresses, IReadOnlyList<NetworkRoute> Routes)
{
    /// <summary>Its gateway is a neighbour on this link; else the kernel knows the way to it, or does not.</summary>
    public bool IsOverLink(NetworkRoute route) => route.Gateway is { } gateway && Addresses.Any(address => address.Network.Contains(gateway));
}

/// <param name="Address">IPv4 or IPv6.</param>
/// <param name="Network">Where its neighbours are.</param>
/// <param name="Gateway">The neighbour that leads on; null when none does.</param>
internal sealed record LinkAddress(IPAddress Address, IPNetwork Network, IPAddress? Gateway)
{
    public int PrefixLength => Network.PrefixLength;

    public override string ToString() => $"{Address}/{PrefixLength}";
}
