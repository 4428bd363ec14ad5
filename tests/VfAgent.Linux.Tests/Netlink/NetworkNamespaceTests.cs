using System.Net;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Tests.Netlink;

/// <summary>The host is the test's own namespace, the container the one beside it.</summary>
public sealed class NetworkNamespaceTests : IDisposable
{
    private const int Veth = 40;
    private const string Mac = "02:11:22:33:44:55";

    private readonly LinuxKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void A_link_goes_into_a_container_under_its_name_there_and_comes_back_under_the_one_it_had() => NetworkNamespace.Run(process =>
    {
        using INetworkNamespace host = _kernel.OpenNamespace(null).Value!;
        using INetworkNamespace container = Open(process);
        TestLinks.AddVeth(Veth, "v0");
        _kernel.SetLinkUp(Veth, true);

        Assert.Null(host.MoveLink(Veth, container, "eth0"));

        Assert.DoesNotContain(Veth, host.GetLinks().Value!.Select(link => link.Index));
        Assert.Equal("1 lo, 40 eth0 down", Links(container));

        Assert.Null(container.MoveLink(Veth, host, "v0"));
        Assert.Equal("1 lo", Links(container));
        Assert.Equal("v0", _kernel.GetLink(Veth).Value?.Name);
    });

    [Fact]
    public void A_name_that_is_taken_there_is_EEXIST() => NetworkNamespace.Run(process =>
    {
        using INetworkNamespace host = _kernel.OpenNamespace(null).Value!;
        using INetworkNamespace container = Open(process);
        TestLinks.AddVeth(Veth, "v0");
        TestLinks.AddVeth(Veth + 2, "w0");
        Assert.Null(host.MoveLink(Veth, container, "eth0"));

        // It is over there all the same, under its own name.
        Assert.Equal(Errno.EEXIST, host.MoveLink(Veth + 2, container, "eth0")?.Errno);
        Assert.Equal("1 lo, 40 eth0 down, 42 w0 down", Links(container));
        Assert.Equal(Errno.EEXIST, container.SetLinkName(Veth + 2, "eth0")?.Errno);

        // With that taken as well, it stays where it is.
        TestLinks.AddVeth(Veth + 4, "w0");
        Assert.Equal(Errno.EEXIST, container.MoveLink(Veth + 2, host, "w0")?.Errno);
        Assert.Null(container.MoveLink(Veth + 2, host, "eth%d"));
        Assert.StartsWith("eth", _kernel.GetLink(Veth + 2).Value?.Name, StringComparison.Ordinal);
    });

    [Fact]
    public void A_name_that_it_has_besides_is_a_links_own_once_it_is_taken_from_it() => NetworkNamespace.Run(() =>
    {
        using INetworkNamespace host = _kernel.OpenNamespace(null).Value!;
        TestLinks.AddVeth(Veth, "f1u");
        TestLinks.AddVeth(Veth + 2, "w0");
        TestLinks.AddAlternativeName(Veth, "v0");

        Assert.Equal(Errno.EEXIST, host.SetLinkName(Veth, "v0")?.Errno);
        Assert.Equal(
            (Errno.EINVAL, Errno.EINVAL, Errno.ENOENT),
            (host.RemoveAlternativeName(Veth + 2, "v0")?.Errno, host.RemoveAlternativeName(Veth, "f1u")?.Errno, host.RemoveAlternativeName(Veth, "x0")?.Errno));
        Assert.Null(host.RemoveAlternativeName(Veth, "v0"));
        Assert.Null(host.SetLinkName(Veth, "v0"));
        Assert.Equal(("v0", 0), (_kernel.GetLink(Veth).Value?.Name, _kernel.GetLink(Veth).Value?.AlternativeNames.Count));
    });

    [Fact]
    public void What_a_container_asks_for_is_set_and_read_back() => InContainer((container, _) =>
    {
        Assert.Null(container.SetLinkMac(Veth, Mac));
        Assert.Null(container.SetLinkMtu(Veth, 9000));
        Assert.Null(container.SetLinkName(Veth, "data0"));
        Assert.Null(container.SetLinkUp(Veth, true));

        Link link = container.GetLinks().Value![1];
        Assert.Equal(("data0", Mac, 9000, true), (link.Name, link.Mac, link.Mtu, link.Up));
    });

    [Fact]
    public void Addresses_and_routes_are_the_containers() => InContainer((container, process) =>
    {
        Assert.Null(container.AddAddress(Veth, IPAddress.Parse("10.88.0.5"), 16));
        Assert.Null(container.AddAddress(Veth, IPAddress.Parse("fd00::5"), 64));
        Assert.Equal(Errno.ENETUNREACH, container.AddRoute(Default("10.88.0.1"))?.Errno);
        Assert.Null(container.SetLinkUp(Veth, true));
        Assert.Null(container.AddRoute(Default("10.88.0.1")));
        Assert.Null(container.AddRoute(new NetworkRoute(IPNetwork.Parse("fd01::/64"), Gateway: IPAddress.Parse("fd00::1"))));
        Assert.Null(container.AddRoute(new NetworkRoute(IPNetwork.Parse("192.0.2.0/24"), RouteKind.Blackhole)));
        Assert.Null(container.AddRoute(new NetworkRoute(IPNetwork.Parse("198.51.100.0/24"), IfIndex: Veth)));

        // A second network of the container may have a gateway for everything as well.
        Assert.Null(container.AddRoute(Default("10.88.0.2")));
        Assert.Equal(Errno.EEXIST, container.AddAddress(Veth, IPAddress.Parse("10.88.0.5"), 16)?.Errno);
        Assert.Equal(Errno.EEXIST, container.AddRoute(Default("10.88.0.2"))?.Errno);

        // Interface, destination, gateway, flags, …, metric, mask: in the order of the host's bytes.
        string[] routes = [.. File.ReadLines($"{process}/net/route").Skip(1).Select(line => line.Split('\t')).Select(f => $"{f[0]} {f[1]} {f[2]} {f[6]} {f[7]}")];
        Assert.Contains("eth0 00000000 0100580A 99 00000000", routes);
        Assert.Contains("eth0 00000000 0200580A 99 00000000", routes);
        Assert.Contains("eth0 0000580A 00000000 0 0000FFFF", routes);
        Assert.Contains("* 000200C0 00000000 0 00FFFFFF", routes);
        Assert.Contains("eth0 006433C6 00000000 0 00FFFFFF", routes);
        Assert.Contains("fd000000000000000000000000000005 28 40 00", File.ReadAllText($"{process}/net/if_inet6"), StringComparison.Ordinal);
        Assert.Contains("10.88.255.255", File.ReadAllText($"{process}/net/fib_trie"), StringComparison.Ordinal);
        Assert.Contains("fd010000000000000000000000000000 40", File.ReadAllText($"{process}/net/ipv6_route"), StringComparison.Ordinal);
        Assert.DoesNotContain("0100580A", File.ReadAllText("/proc/thread-self/net/route"), StringComparison.Ordinal);

        static NetworkRoute Default(string gateway) => new(IPNetwork.Parse("0.0.0.0/0"), Gateway: IPAddress.Parse(gateway), IfIndex: Veth, Metric: 99);
    });

    [Fact]
    public void A_namespace_is_known_by_its_inode() => NetworkNamespace.Run(process =>
    {
        using INetworkNamespace host = _kernel.OpenNamespace(null).Value!;
        using INetworkNamespace container = Open(process);

        Assert.NotEqual(host.Inode, container.Inode);
        Assert.Equal(container.Inode, _kernel.GetInode($"{process}/ns/net").Value);
    });

    [Fact]
    public void What_is_no_network_namespace_is_not_entered() => NetworkNamespace.Run(() =>
    {
        Assert.Equal(Errno.ENOENT, _kernel.OpenNamespace("/nonexistent").Error?.Errno);
        Assert.Equal(Errno.ENOENT, _kernel.GetInode("/nonexistent").Error?.Errno);
        Assert.Equal(Errno.EINVAL, _kernel.OpenNamespace("/proc/self/stat").Error?.Errno);
        Assert.Equal(Errno.EINVAL, _kernel.OpenNamespace("/proc/self/ns/mnt").Error?.Errno);
    });

    [Fact]
    public void A_link_that_is_not_there_is_ENODEV() => NetworkNamespace.Run(process =>
    {
        using INetworkNamespace host = _kernel.OpenNamespace(null).Value!;
        using INetworkNamespace container = Open(process);

        Assert.Equal(Errno.ENODEV, container.MoveLink(4711, host, "v0")?.Errno);
        Assert.Equal(Errno.ENODEV, container.SetLinkName(4711, "v0")?.Errno);
        Assert.Equal(Errno.ENODEV, container.SetLinkMac(4711, Mac)?.Errno);
        Assert.Equal(Errno.ENODEV, container.AddAddress(4711, IPAddress.Parse("10.88.0.5"), 16)?.Errno);
        Assert.Equal(Errno.EINVAL, container.SetLinkMac(1, "02:11")?.Errno);
    });

    private void InContainer(Action<INetworkNamespace, string> test) => NetworkNamespace.Run(process =>
    {
        using INetworkNamespace host = _kernel.OpenNamespace(null).Value!;
        using INetworkNamespace container = Open(process);
        TestLinks.AddVeth(Veth, "v0");
        Assert.Null(host.MoveLink(Veth, container, "eth0"));
        test(container, process);
    });

    private INetworkNamespace Open(string process) => _kernel.OpenNamespace($"{process}/ns/net").Value!;

    // Veths have a peer each, with an index of the kernel's choice.
    private static string Links(INetworkNamespace place) => string.Join(", ", place.GetLinks().Value!
        .Select(link => link.Index == 1 ? $"{link.Index} {link.Name}" : $"{link.Index} {link.Name} {(link.Up ? "up" : "down")}"));
}
