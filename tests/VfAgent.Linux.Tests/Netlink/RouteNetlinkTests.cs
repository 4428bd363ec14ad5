using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Tests.Netlink;

public sealed class RouteNetlinkTests : IDisposable
{
    private const int Loopback = 1;
    private const int Veth = 40;

    private readonly LinuxKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void The_loopback_link_reads_as_the_kernel_describes_it() => NetworkNamespace.Run(() =>
    {
        Link link = _kernel.GetLink(Loopback).Value!;

        Assert.Empty(link.AlternativeNames);
        Assert.Equal(new Link(1, "lo", link.AlternativeNames, "00:00:00:00:00:00", 65536, 0, 0, Up: false, "down"), link);
    });

    [Fact]
    public void A_link_that_is_not_there_is_ENODEV() => NetworkNamespace.Run(() =>
    {
        Assert.Equal("get link 4711: ENODEV", _kernel.GetLink(4711).Error?.ToString());
        Assert.Equal(Errno.ENODEV, _kernel.SetLinkMtu(4711, 1500)?.Errno);
        Assert.Equal(Errno.ENODEV, _kernel.SetLinkUp(4711, true)?.Errno);
    });

    [Fact]
    public void A_link_without_vfs_has_none_to_set() => NetworkNamespace.Run(() =>
    {
        Assert.Empty(_kernel.GetVfs(Loopback).Value!);
        Assert.Equal($"set vf 0 of link {Loopback} trust on: EOPNOTSUPP", _kernel.SetVf(Loopback, 0, new VfTrust(true))?.ToString());
        Assert.Equal(Errno.ENODEV, _kernel.GetVfs(4711).Error?.Errno);
        Assert.Equal(Errno.ENODEV, _kernel.SetVf(4711, 0, new VfTrust(true))?.Errno);
    });

    [Theory]
    [InlineData("")]
    [InlineData("02:11:22:33:44")]
    [InlineData("02:11:22:33:44:xx")]
    public void A_mac_that_is_none_is_EINVAL(string mac) => NetworkNamespace.Run(() =>
        Assert.Equal(Errno.EINVAL, _kernel.SetVf(Loopback, 0, new VfMac(mac))?.Errno));

    [Fact]
    public void Up_and_down_are_set_and_read_back() => NetworkNamespace.Run(() =>
    {
        Assert.Null(_kernel.SetLinkUp(Loopback, true));
        Assert.True(_kernel.GetLink(Loopback).Value?.Up);

        Assert.Null(_kernel.SetLinkUp(Loopback, false));
        Assert.False(_kernel.GetLink(Loopback).Value?.Up);
    });

    [Fact]
    public void An_mtu_is_set_and_read_back() => NetworkNamespace.Run(() =>
    {
        TestLinks.AddVeth(Veth, "v0");

        Assert.Null(_kernel.SetLinkMtu(Veth, 9000));

        Link link = _kernel.GetLink(Veth).Value!;
        Assert.Equal((9000, 68, 65535), (link.Mtu, link.MinMtu, link.MaxMtu));
    });

    [Fact]
    public void A_refused_mtu_comes_with_the_kernels_own_words() => NetworkNamespace.Run(() =>
    {
        TestLinks.AddVeth(Veth, "v0");

        IoError? large = _kernel.SetLinkMtu(Veth, 99999);
        IoError? small = _kernel.SetLinkMtu(Veth, 10);

        Assert.Equal(new IoError(Errno.EINVAL, "set the mtu of link 40 to 99999", "mtu greater than device maximum"), large);
        Assert.Equal(new IoError(Errno.EINVAL, "set the mtu of link 40 to 10", "mtu less than device minimum"), small);
    });

    [Fact]
    public void Alternative_names_are_read() => NetworkNamespace.Run(() =>
    {
        TestLinks.AddVeth(Veth, "v0");
        TestLinks.AddAlternativeName(Veth, "enp1s0f0np0-which-is-too-long-for-a-name");
        TestLinks.AddAlternativeName(Veth, "enx525400ab0001");

        Assert.Equal(["enp1s0f0np0-which-is-too-long-for-a-name", "enx525400ab0001"], _kernel.GetLink(Veth).Value?.AlternativeNames);
    });

    [Fact]
    public void An_answer_larger_than_the_first_buffer_is_read_whole() => NetworkNamespace.Run(() =>
    {
        TestLinks.AddVeth(Veth, "v0");
        string[] names = [.. Enumerable.Range(0, 60).Select(number => $"{number:d3}-{new string('x', 120)}")];
        foreach (string name in names)
            TestLinks.AddAlternativeName(Veth, name);

        Assert.Equal(names, _kernel.GetLink(Veth).Value?.AlternativeNames);
    });
}
