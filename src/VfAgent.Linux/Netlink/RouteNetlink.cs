using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// Links and VFs over rtnetlink. Every call opens its own socket: a call that hangs behind a driver which holds the rtnl lock must not hold a
/// socket that the others wait for.
/// </summary>
internal static class RouteNetlink
{
    internal const ushort GetLinkType = 18;
    internal const ushort SetLinkType = 19;
    internal const ushort DeleteLinkPropertyType = 109;

    // RTEXT_FILTER_VF.
    private const uint WithVfs = 1;

    // RTEXT_FILTER_SKIP_STATS: counters that nobody reads are half of the answer, and some drivers ask the firmware for them.
    internal const uint SkipStatistics = 8;

    // Header, ifinfomsg and one attribute; the longest is a VF's MAC in its two lists.
    private const int RequestSize = 96;

    private delegate T? AnswerParser<T>(NetlinkMessage answer)
        where T : class;

    /// <summary>ENODEV when there is none, EBADMSG when the answer makes no sense.</summary>
    internal static IoResult<Link> GetLink(int ifindex) =>
        Get(ifindex, SkipStatistics, $"get link {ifindex}", LinkMessage.Parse);

    internal static IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex) =>
        Get(pfIfindex, WithVfs | SkipStatistics, $"get VFs of link {pfIfindex}", VfMessage.Parse);

    /// <param name="ifindex">Which.</param>
    /// <param name="mtu">Bytes.</param>
    /// <param name="over">The socket of the link's namespace; null for one of the thread's own.</param>
    internal static IoError? SetMtu(int ifindex, int mtu, NetlinkSocket? over = null)
    {
        var request = new NetlinkWriter(stackalloc byte[RequestSize], SetLinkType, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Header(new LinkHeader { Index = ifindex });
        request.UInt32(LinkAttribute.Mtu, (uint)mtu);
        return Send(request.Finish(), $"set the mtu of link {ifindex} to {mtu}", over);
    }

    /// <inheritdoc cref="SetMtu"/>
    internal static IoError? SetUp(int ifindex, bool up, NetlinkSocket? over = null)
    {
        var request = new NetlinkWriter(stackalloc byte[RequestSize], SetLinkType, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Header(new LinkHeader { Index = ifindex, Flags = up ? LinkHeader.Up : 0, Change = LinkHeader.Up });
        return Send(request.Finish(), $"set link {ifindex} {(up ? "up" : "down")}", over);
    }

    internal static IoError? SetVf(int pfIfindex, int vf, VfSetting setting)
    {
        string operation = $"set vf {vf} of link {pfIfindex} {setting}";
        var request = new NetlinkWriter(stackalloc byte[RequestSize], SetLinkType, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Header(new LinkHeader { Index = pfIfindex });
        return VfRequest.TryWrite(ref request, (uint)vf, setting)
            ? Send(request.Finish(), operation)
            : new IoError(Errno.EINVAL, operation, "not a MAC address");
    }

    // RTM_GETLINK of one link, never a dump.
    private static IoResult<T> Get<T>(int ifindex, uint extensionMask, string operation, AnswerParser<T> parse)
        where T : class
    {
        var request = new NetlinkWriter(stackalloc byte[RequestSize], GetLinkType, NetlinkFlags.Request);
        request.Header(new LinkHeader { Index = ifindex });
        request.UInt32(LinkAttribute.ExtensionMask, extensionMask);

        IoResult<NetlinkSocket> opened = NetlinkSocket.Open(NetlinkSocket.Route);
        if (!opened.Ok)
            return opened.Error;

        using NetlinkSocket socket = opened.Value;
        if (socket.Request(request.Finish(), operation, out NetlinkMessage answer) is { } error)
            return error;

        return answer.Type == LinkMessage.Type && parse(answer) is { } result ? result : new IoError(Errno.EBADMSG, operation);
    }

    private static IoError? Send(Span<byte> request, string operation, NetlinkSocket? over = null)
    {
        if (over is not null)
            return over.Request(request, operation, out _);

        IoResult<NetlinkSocket> opened = NetlinkSocket.Open(NetlinkSocket.Route);
        if (!opened.Ok)
            return opened.Error;

        using NetlinkSocket socket = opened.Value;
        return socket.Request(request, operation, out _);
    }
}
