using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

public sealed class LinkTests : IDisposable
{
    private readonly Host _host = new(options: SimulationOptions.Immediate with { CarrierDelay = TimeSpan.FromSeconds(1.5) });

    [Theory]
    [InlineData(67, "mtu less than device minimum")]
    [InlineData(9217, "mtu greater than device maximum")]
    public void An_mtu_out_of_range_is_EINVAL_in_the_kernels_words(int mtu, string words)
    {
        _host.SetNumVfs(1);
        foreach (string link in new[] { "eth3", "eth4" })
        {
            IoError? error = _host.Kernel.SetLinkMtu(_host[link], mtu);
            Assert.Equal((Errno.EINVAL, words), (error?.Errno, error?.KernelText));
            Assert.Equal("1500", _host.Read($"/sys/class/net/{link}/mtu"));
            Assert.Equal(Errno.EINVAL, _host.Write($"/sys/class/net/{link}/mtu", $"{mtu}\n"));
        }
    }

    [Theory]
    [InlineData(68)]
    [InlineData(9216)]
    public void The_ends_of_the_range_are_taken(int mtu)
    {
        Assert.Null(_host.Kernel.SetLinkMtu(_host["eth3"], mtu));
        Assert.Equal(mtu, _host.Kernel.GetLink(_host["eth3"]).Value!.Mtu);
    }

    [Fact]
    public void A_vf_of_igb_takes_a_larger_mtu_than_its_pf_has()
    {
        _host.SetNumVfs(1);
        Assert.Null(_host.Kernel.SetLinkMtu(_host["eth4"], 9000));
        Assert.Equal("1500 9000", $"{_host.Read("/sys/class/net/eth3/mtu")} {_host.Read("/sys/class/net/eth4/mtu")}");
    }

    [Fact]
    public void A_new_vf_has_1500_whatever_its_pf_has()
    {
        Assert.Null(_host.Kernel.SetLinkMtu(_host["eth3"], 9000));
        _host.SetNumVfs(1);
        Assert.Equal("1500", _host.Read("/sys/class/net/eth4/mtu"));
    }

    [Fact]
    public void A_link_says_what_rtnetlink_says()
    {
        Link link = _host.Kernel.GetLink(_host["eth3"]).Value!;
        Assert.Equal(("eth3", "00:00:00:01:03:01", 1500, 68, 9216), (link.Name, link.Mac, link.Mtu, link.MinMtu, link.MaxMtu));
        Assert.Equal((false, "down"), (link.Up, link.OperState));
        Assert.Empty(link.AlternativeNames);
        Assert.Equal("unknown", _host.Kernel.GetLink(_host["lo"]).Value!.OperState);
    }

    [Fact]
    public void An_unknown_index_is_ENODEV()
    {
        Assert.Equal(Errno.ENODEV, _host.Kernel.GetLink(999).Error?.Errno);
        Assert.Equal(Errno.ENODEV, _host.Kernel.SetLinkMtu(999, 1500)?.Errno);
        Assert.Equal(Errno.ENODEV, _host.Kernel.SetLinkUp(999, up: true)?.Errno);
    }

    [Fact]
    public void The_carrier_comes_a_while_after_up()
    {
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: true));
        Assert.Equal("down 0 0x1003", State());
        _host.Time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal("up 1 0x1003", State());
        Assert.Equal("1000", _host.Read("/sys/class/net/eth3/speed"));
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: false));
        Assert.Equal("down EINVAL 0x1002", State());
    }

    [Fact]
    public void A_carrier_that_was_overtaken_by_down_does_not_come()
    {
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: true));
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: false));
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: true));
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("down", State(), StringComparison.Ordinal);
        _host.Time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.StartsWith("up", State(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("igb:2", "down")]
    [InlineData("mlx5:2", "up")]
    public void Enabling_and_disabling_vfs_costs_some_pfs_their_carrier_for_a_while(string nics, string meanwhile)
    {
        using var host = new Host(nics, SimulationOptions.Immediate with { CarrierDelay = TimeSpan.FromSeconds(1.5) });
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        foreach (int count in new[] { 2, 0 })
        {
            host.Time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal("up", host.Read("/sys/class/net/eth3/operstate"));
            host.SetNumVfs(count);
            Assert.Equal(meanwhile, host.Read("/sys/class/net/eth3/operstate"));
        }
    }

    [Fact]
    public void A_vf_has_a_carrier_while_its_pf_has()
    {
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: true));
        _host.SetNumVfs(1);
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth4"], up: true));
        Assert.Equal("down", _host.Read("/sys/class/net/eth4/operstate"));
        _host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("up", _host.Read("/sys/class/net/eth4/operstate"));
    }

    public void Dispose() => _host.Dispose();

    private string State() => string.Join(' ', new[] { "operstate", "carrier", "flags" }.Select(name => _host.Read($"/sys/class/net/eth3/{name}")));
}
