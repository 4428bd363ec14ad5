using System.Net;
using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>Links in containers, as a plugin that moves and sets them up meets them; what the real kernel does is in VfAgent.Linux.Tests.</summary>
public sealed class NamespaceTests : IDisposable
{
    private const string Web = "/run/netns/web";

    private readonly Host _host = new();
    private readonly int _vf;
    private readonly INetworkNamespace _home;
    private readonly INetworkNamespace _web;

    public NamespaceTests()
    {
        _host.SetNumVfs(2);
        _host.Kernel.AddNamespace("web");
        _vf = _host["eth4"];
        _home = _host.Kernel.OpenNamespace(null).Value!;
        _web = _host.Kernel.OpenNamespace(Web).Value!;
    }

    [Fact]
    public void A_vf_goes_into_a_container_and_comes_back()
    {
        List<string> events = _host.Events();
        Assert.Null(_home.MoveLink(_vf, _web, "eth0"));
        Assert.Equal("lo, eth0 of 0000:02:10.0", Links(_web));
        Assert.Equal(string.Empty, _host.List($"{Host.Vf0}/net"));

        Assert.Null(_web.SetLinkUp(_vf, true));
        Assert.Equal(Errno.EBUSY, _web.SetLinkName(_vf, "eth4")?.Errno);
        Assert.Null(_web.MoveLink(_vf, _home, "eth4"));
        Assert.Equal("eth4 0x1002", $"{_host.List($"{Host.Vf0}/net")} {_host.Read($"{Host.Vf0}/net/eth4/flags")}");
        Assert.Equal(["Remove 0000:02:10.0 of 0000:02:00.0", "Add 0000:02:10.0 of 0000:02:00.0", "Link 0000:02:10.0 of 0000:02:00.0"], events);
    }

    [Fact]
    public void A_name_that_is_taken_there_is_EEXIST()
    {
        Assert.Null(_home.MoveLink(_vf, _web, "eth0"));
        Assert.Equal(Errno.EEXIST, _home.MoveLink(_host["eth5"], _web, "eth0")?.Errno);
        Assert.Equal("lo, eth0 of 0000:02:10.0, eth5 of 0000:02:10.2", Links(_web));
        Assert.Equal(Errno.EEXIST, _web.SetLinkName(_vf, "eth5")?.Errno);

        // Its own name is the host's as well.
        Assert.Equal(Errno.EEXIST, _web.MoveLink(_vf, _home, "eth1")?.Errno);
        Assert.Null(_web.MoveLink(_vf, _home, "eth%d"));
        Assert.Equal("eth4", _host.List($"{Host.Vf0}/net"));
    }

    [Fact]
    public void Addresses_and_routes_stay_in_the_container()
    {
        Assert.Null(_home.MoveLink(_vf, _web, "eth0"));
        Assert.Null(_web.AddAddress(_vf, IPAddress.Parse("10.88.0.5"), 16));
        Assert.Equal(Errno.EEXIST, _web.AddAddress(_vf, IPAddress.Parse("10.88.0.5"), 16)?.Errno);
        var route = new NetworkRoute(IPNetwork.Parse("0.0.0.0/0"), Gateway: IPAddress.Parse("10.88.0.1"), IfIndex: _vf, Metric: 99);
        Assert.Equal(Errno.ENETUNREACH, _web.AddRoute(route)?.Errno);
        Assert.Null(_web.SetLinkUp(_vf, true));
        Assert.Null(_web.AddRoute(route));
        Assert.Equal(Errno.EEXIST, _web.AddRoute(route)?.Errno);
        Assert.Equal(["eth0 10.88.0.5/16", "default via 10.88.0.1 metric 99"], _host.Kernel.NetworkOf("web"));

        Assert.Null(_web.MoveLink(_vf, _home, "eth4"));
        Assert.Empty(_host.Kernel.NetworkOf("web"));
    }

    [Fact]
    public void A_container_that_ends_leaves_its_vf_on_the_host_as_it_had_it()
    {
        Assert.Null(_home.MoveLink(_vf, _web, "eth0"));
        Assert.Null(_web.SetLinkMac(_vf, "02:00:00:00:00:01"));
        Assert.Null(_web.SetLinkMtu(_vf, 9000));
        _host.Kernel.RemoveNamespace("web");

        Assert.Equal($"dev{_vf}", _host.List($"{Host.Vf0}/net"));
        Assert.Equal("02:00:00:00:00:01 9000", _host.Read($"{Host.Vf0}/net/dev{_vf}", "address", "mtu"));
        Assert.Equal(Errno.ENODEV, _web.SetLinkUp(_vf, true)?.Errno);
        Assert.Equal(Errno.ENOENT, _host.Kernel.OpenNamespace(Web).Error?.Errno);
    }

    [Fact]
    public void A_later_namespace_of_the_same_name_has_another_inode()
    {
        long first = _host.Kernel.GetInode(Web).Value;
        _host.Kernel.RemoveNamespace("web");
        Assert.Equal(Errno.ENOENT, _host.Kernel.GetInode(Web).Error?.Errno);
        _host.Kernel.AddNamespace("web");
        Assert.NotEqual(first, _host.Kernel.GetInode(Web).Value);
        Assert.Equal(first, _web.Inode);
    }

    [Fact]
    public async Task A_lock_is_waited_for_until_its_holder_lets_it_go_or_dies()
    {
        SimulatedDisk old = _host.Disk;
        Assert.Null(old.CreateDirectory("/run/vfagent"));
        IDisposable first = old.Lock("/run/vfagent/lock").Value!;
        List<string> order = [];
        Task<bool> second = _host.World.Others.RunAsync(() => Take("second"));
        Assert.False(second.IsCompleted);
        first.Dispose();
        Assert.True(await second);

        Assert.True(old.Lock("/run/vfagent/lock").Ok);
        Task<bool> third = _host.World.Others.RunAsync(() => Take("third"));
        Assert.False(third.IsCompleted);
        _host.World.Restart();
        Assert.True(await third);
        Assert.Equal(["second", "third"], order);

        bool Take(string who)
        {
            using IDisposable? held = _host.World.OthersDisk.Lock("/run/vfagent/lock").Value;
            order.Add(who);
            return held is not null;
        }
    }

    [Fact]
    public async Task Who_sleeps_in_a_call_keeps_its_lock()
    {
        _host.ToVfio(Host.Vf0Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf0Address);
        Assert.Null(_host.Disk.CreateDirectory("/run/vfagent"));
        Task<IoError?> sleeper = _host.Kernel.RunAsync(() =>
        {
            using IDisposable? held = _host.Disk.Lock("/run/vfagent/lock").Value;
            return _host.Kernel.Write($"{Host.Vf0}/driver/unbind", "0000:02:10.0");
        });
        Task<bool> other = _host.World.Others.RunAsync(() => _host.World.OthersDisk.Lock("/run/vfagent/lock").Ok);
        Assert.False(sleeper.IsCompleted || other.IsCompleted);

        _host.Kernel.CloseVfio(pid);
        Assert.Null(await sleeper);
        Assert.True(await other);
    }

    [Fact]
    public void What_is_in_memory_does_not_outlive_the_host()
    {
        _host.Disk.Put("/run/vfagent/leases/0000:02:10.0", "{}");
        _host.Disk.Put("/etc/x", "y");
        _host.World.Reboot();
        Assert.Equal(["/etc/x"], _host.Disk.Files());
    }

    public void Dispose() => _host.Dispose();

    private static string Links(INetworkNamespace place) => string.Join(", ", place.GetLinks().Value!
        .Select(link => link.ParentDevice is null ? link.Name : $"{link.Name} of {link.ParentDevice}"));
}
