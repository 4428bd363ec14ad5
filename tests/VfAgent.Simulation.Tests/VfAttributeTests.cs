using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>Where drivers differ from igb, which the conformance checks hold to the real one. Their rules are those of their sources.</summary>
public sealed class VfAttributeTests
{
    [Theory]
    [InlineData("ixgbe", "EINVAL", "ok")]
    [InlineData("i40e", "EINVAL", "ok")]
    [InlineData("ice", "ok", "ok")]
    [InlineData("mlx5", "ok", "ok")]
    [InlineData("bnxt", "ok", "EINVAL")]
    public void A_driver_takes_what_its_source_says(string kind, string minRate, string qos)
    {
        using Host host = UpWithTwoVfs(kind);
        Assert.Equal("ok", Set(host, 1, new VfLink(VfLinkState.Disable)));
        Assert.Equal(minRate, Set(host, 1, new VfRate(100, 1000)));
        Assert.Equal(qos, Set(host, 1, new VfVlan(100, 7)));
        Assert.Equal("EPROTONOSUPPORT", Set(host, 1, new VfVlan(100, 0, VlanProtocol.Dot1Ad)));
        Assert.Equal("ok", Set(host, 1, new VfTrust(true)));
        Assert.Equal("EINVAL", Set(host, 2, new VfTrust(true)));

        IReadOnlyList<VfAttributes> vfs = host.Kernel.GetVfs(host["eth3"]).Value!;
        Assert.Equal((VfLinkState.Auto, false, 0), (vfs[0].LinkState, vfs[0].Trust, vfs[0].Vlan));
        Assert.Equal((VfLinkState.Disable, true, minRate == "ok" ? 1000 : 0), (vfs[1].LinkState, vfs[1].Trust, vfs[1].MaxTxRate));
    }

    [Fact]
    public void Bnxt_takes_nothing_while_its_pf_is_down()
    {
        using Host host = UpWithTwoVfs("bnxt");
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: false));
        Assert.Equal("EINVAL", Set(host, 0, new VfTrust(true)));
        Assert.Equal(2, host.Kernel.GetVfs(host["eth3"]).Value!.Count);
    }

    [Fact]
    public void Setting_a_vf_is_a_call_that_is_logged_and_meets_faults()
    {
        using Host host = UpWithTwoVfs("igb");
        const string Refused = "vf 1 vlan 100 qos 3 proto 802.1Q";
        host.World.Faults = call => call is { Kind: CallKind.SetVf, Value: Refused } ? Fault.Fail(Errno.EBUSY) : Fault.None;
        Assert.Equal("EBUSY", Set(host, 1, new VfVlan(100, 3)));
        Assert.Equal("ok", Set(host, 1, new VfVlan(100)));
        Assert.EndsWith("SetVf eth3 vf 1 vlan 100 qos 0 proto 802.1Q", host.World.Log[^1].ToString(), StringComparison.Ordinal);
    }

    private static Host UpWithTwoVfs(string kind)
    {
        Host host = new($"{kind}:2");
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        host.SetNumVfs(2);
        return host;
    }

    private static string Set(Host host, int vf, VfSetting setting) => host.Kernel.SetVf(host["eth3"], vf, setting)?.Errno.ToString() ?? "ok";
}
