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
    private const NetlinkFlags CreateExclusively = NetlinkFlags.Request | NetlinkFlags.Acknowledge | (NetlinkFlags)0x600;

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

    private static IoError? Send(Span<byte> request)
    {
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkSocket.Route).Value!;
        return socket.Request(request, "make a link", out _);
    }
}
