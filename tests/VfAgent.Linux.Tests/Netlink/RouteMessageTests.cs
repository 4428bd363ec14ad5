using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests.Netlink;

public sealed class RouteMessageTests
{
    private const int Veth = 40;
    private const uint Ipv4Routes = 1 << 6;

    [Fact]
    public void Of_routes_that_are_no_default_the_kernel_does_not_even_tell() => NetworkNamespace.Run(() =>
    {
        using var kernel = new LinuxKernel();
        TestLinks.AddVeth(Veth, "v0");
        Assert.Null(kernel.SetLinkUp(Veth, true));
        using NetlinkSocket socket = NetlinkSocket.Open(NetlinkSocket.Route, Ipv4Routes).Value!;
        socket.Filter(RouteMessage.IsOfNoLength);

        TestLinks.AddRoute(Veth, IPNetwork.Parse("10.0.0.0/8"));
        Assert.Equal(Errno.EAGAIN, socket.Receive(Libc.MSG_DONTWAIT, "receive", out _)?.Errno);

        TestLinks.AddRoute(Veth, IPNetwork.Parse("0.0.0.0/0"));
        Assert.Null(socket.Receive(Libc.MSG_DONTWAIT, "receive", out ReadOnlySpan<byte> datagram));
        Assert.True(RouteMessage.HasDefault(datagram));
    });
}
