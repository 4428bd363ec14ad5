using System.Net;
using System.Net.Sockets;
using VfAgent.Core.Kernel;
using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests;

/// <summary>Makes links to test on, in the current thread's network namespace.</summary>
internal static class TestLinks
{
    private const ushort NewLink = 16;
    private const ushort NewLinkProperty = 108;
    private const ushort LinkInfo = 18;
    private const ushort LinkInfoKind = 1;

    private const NetlinkFlags CreateExclusively = NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive;

    internal static void AddVeth(int ifindex, string name)
    {
        var request = new NetlinkWriter(stackalloc byte[256], NewLink, CreateExclusively);
        request.Header(new LinkHeader { Index = ifindex });
        request.Bytes(LinkAttribute.Name, [.. System.Text.Encoding.ASCII.GetBytes(name), 0]);
        int info = request.BeginNested(LinkInfo);
        request.Bytes(LinkInfoKind, "veth"u8);
        request.EndNested(info);
        Assert.Null(Send(request.Finish()));
    }

    internal static void AddAlternativeName(int ifindex, string name)
    {
        var request = new NetlinkWriter(stackalloc byte[256], NewLinkProperty, CreateExclusively);
        request.Header(new LinkHeader { Index = ifindex });
        int list = request.BeginNested(LinkAttribute.PropertyList);
        request.Bytes(LinkAttribute.AlternativeName, [.. System.Text.Encoding.ASCII.GetBytes(name), 0]);
        request.EndNested(list);
        Assert.Null(Send(request.Finish()));
    }

    internal static void AddRoute(int ifindex, IPNetwork to) => SendRoute(24, CreateExclusively, ifindex, to);

    internal static void RemoveRoute(int ifindex, IPNetwork to) =>
        SendRoute(25, NetlinkFlags.Request | NetlinkFlags.Acknowledge, ifindex, to);

    private static void SendRoute(ushort type, NetlinkFlags flags, int ifindex, IPNetwork to)
    {
        bool isIpv4 = to.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        var request = new NetlinkWriter(stackalloc byte[256], type, flags);
        request.Header(new RouteHeader
        {
            Family = (byte)(isIpv4 ? 2 : 10),
            DestinationLength = (byte)to.PrefixLength,
            Table = RouteHeader.MainTable,
            Protocol = RouteHeader.Static,
            Scope = (byte)(isIpv4 ? RouteHeader.LinkScope : RouteHeader.UniverseScope),
            Type = (byte)RouteKind.Unicast,
        });
        request.Bytes(RouteAttribute.Destination, to.BaseAddress.GetAddressBytes());
        request.Bytes(RouteAttribute.OutgoingLink, BitConverter.GetBytes(ifindex));
        Assert.Null(Send(request.Finish()));
    }

    private static IoError? Send(Span<byte> request)
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkSocket.Route).Value!;
        return socket.Request(request, "make a link", out _);
    }
}
