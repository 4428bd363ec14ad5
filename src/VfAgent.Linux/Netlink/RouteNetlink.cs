using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// Links over rtnetlink. Every call opens its own socket: a call that hangs behind a driver which holds the rtnl lock must not hold a
/// socket that the others wait for.
/// </summary>
internal static class RouteNetlink
{
    private const ushort GetLinkType = 18;
    private const ushort SetLinkType = 19;

    // RTEXT_FILTER_SKIP_STATS: counters that nobody reads are half of the answer, and some drivers ask the firmware for them.
    private const uint SkipStatistics = 8;

    // Header, ifinfomsg and one number.
    private const int RequestSize = 64;

    /// <summary>RTM_GETLINK of one link, never a dump; ENODEV when there is none, EBADMSG when the answer makes no sense.</summary>
    internal static IoResult<Link> GetLink(int ifindex)
    {
        string operation = $"get link {ifindex}";
        var request = new NetlinkWriter(stackalloc byte[RequestSize], GetLinkType, NetlinkFlags.Request);
        request.Header(new LinkHeader { Index = ifindex });
        request.UInt32(LinkAttribute.ExtensionMask, SkipStatistics);

        IoResult<NetlinkSocket> opened = NetlinkSocket.Open(NetlinkSocket.Route);
        if (!opened.Ok)
            return opened.Error;

        using NetlinkSocket socket = opened.Value;
        if (socket.Request(request.Finish(), operation, out NetlinkMessage answer) is { } error)
            return error;

        return answer.Type == LinkMessage.Type && LinkMessage.Parse(answer) is { } message
            ? message.Link
            : new IoError(Errno.EBADMSG, operation);
    }

    internal static IoError? SetMtu(int ifindex, int mtu)
    {
        var request = new NetlinkWriter(stackalloc byte[RequestSize], SetLinkType, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Header(new LinkHeader { Index = ifindex });
        request.UInt32(LinkAttribute.Mtu, (uint)mtu);
        return Send(request.Finish(), $"set the mtu of link {ifindex} to {mtu}");
    }

    internal static IoError? SetUp(int ifindex, bool up)
    {
        var request = new NetlinkWriter(stackalloc byte[RequestSize], SetLinkType, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Header(new LinkHeader { Index = ifindex, Flags = up ? LinkHeader.Up : 0, Change = LinkHeader.Up });
        return Send(request.Finish(), $"set link {ifindex} {(up ? "up" : "down")}");
    }

    private static IoError? Send(Span<byte> request, string operation)
    {
        IoResult<NetlinkSocket> opened = NetlinkSocket.Open(NetlinkSocket.Route);
        if (!opened.Ok)
            return opened.Error;

        using NetlinkSocket socket = opened.Value;
        return socket.Request(request, operation, out _);
    }
}
