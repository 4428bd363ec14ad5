using System.Net;

namespace VfAgent.Core.Kernel;

/// <summary>
/// A network namespace and its links, over a socket that was opened inside it. As long as it is open the namespace stays, so it is closed as soon as
/// it has served. Links are named by their index in it.
/// </summary>
public interface INetworkNamespace : IDisposable
{
    /// <summary>What tells it from a later one that has its path.</summary>
    long Inode { get; }

    /// <summary>All of its links, in the order of their indexes (RTM_GETLINK).</summary>
    IoResult<IReadOnlyList<Link>> GetLinks();

    /// <summary>
    /// Moves a link into another namespace under a name (RTM_SETLINK, IFLA_NET_NS_FD and IFLA_IFNAME), where it is down and has no address. EEXIST
    /// when the name is taken there: where its own is not, it was moved all the same. <c>eth%d</c> is the first that is free.
    /// </summary>
    IoError? MoveLink(int ifindex, INetworkNamespace to, string name);

    /// <summary>Renames a link that is down (IFLA_IFNAME); EEXIST when the name is taken, EBUSY when the link is up (before Linux 6.2).</summary>
    IoError? SetLinkName(int ifindex, string name);

    /// <summary>
    /// Takes a name from a link that it has beside its own (RTM_DELLINKPROP, IFLA_ALT_IFNAME); ENOENT when nobody has it, EINVAL when it is another
    /// link's, or a link's own.
    /// </summary>
    IoError? RemoveAlternativeName(int ifindex, string name);

    /// <summary>
    /// Sets a link's address (IFLA_ADDRESS). EADDRNOTAVAIL for a multicast one, and whatever a driver answers that does not let a VF choose.
    /// </summary>
    /// <param name="ifindex">Which.</param>
    /// <param name="mac">Colon separated.</param>
    IoError? SetLinkMac(int ifindex, string mac);

    /// <inheritdoc cref="IKernel.SetLinkMtu"/>
    IoError? SetLinkMtu(int ifindex, int mtu);

    /// <inheritdoc cref="IKernel.SetLinkUp"/>
    IoError? SetLinkUp(int ifindex, bool up);

    /// <summary>Gives a link an address of its own (RTM_NEWADDR); EEXIST when it has it.</summary>
    /// <param name="ifindex">Which.</param>
    /// <param name="address">IPv4 or IPv6. EACCES where IPv6 is switched off.</param>
    /// <param name="prefixLength">Bits of it that the link's neighbours share.</param>
    IoError? AddAddress(int ifindex, IPAddress address, int prefixLength);

    /// <summary>Adds a route (RTM_NEWROUTE); ENETUNREACH when no link that is up leads to its gateway, EEXIST when it is there.</summary>
    IoError? AddRoute(NetworkRoute route);
}

/// <param name="Destination">Where to; of no prefix length for a default route.</param>
/// <param name="Kind">What becomes of packets.</param>
/// <param name="Gateway">Over whom; null when they are dropped, or the destination is on the link.</param>
/// <param name="IfIndex">Over which link; null for the one that leads to the gateway.</param>
/// <param name="Metric">Of two routes to one place the lower is taken; null for the kernel's own.</param>
public sealed record NetworkRoute(
    IPNetwork Destination, RouteKind Kind = RouteKind.Unicast, IPAddress? Gateway = null, int? IfIndex = null, long? Metric = null)
{
    /// <summary>As <c>ip route</c> shows it, but for the link.</summary>
    public override string ToString() =>
        (Kind == RouteKind.Unicast ? "" : $"{Kind.ToString().ToLowerInvariant()} ") + (Destination.PrefixLength == 0 ? "default" : $"{Destination}") +
        (Gateway is null ? "" : $" via {Gateway}") + (Metric is null ? "" : $" metric {Metric}");
}

/// <summary>RTN_… of linux/rtnetlink.h.</summary>
public enum RouteKind : byte
{
    Unicast = 1,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
}
