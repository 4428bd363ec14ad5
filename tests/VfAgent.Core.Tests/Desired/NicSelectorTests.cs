using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Tests.Desired;

public sealed class NicSelectorTests
{
    private static readonly PhysicalFunction _pf = Some.Pf with
    {
        Netdev = Some.Pf.Netdev! with { Name = "ens7f0np0", AlternativeNames = ["enp2s0f0np0", "uplink"] },
    };

    [Fact]
    public void Values_of_one_kind_are_alternatives() => Assert.True(new NicSelector([], ["ice", "igb"], [], []).Matches(_pf));

    [Fact]
    public void Kinds_have_to_match_together()
    {
        Assert.True(new NicSelector(["8086"], ["igb"], ["0000:02:00.0"], ["ens7f0np0"]).Matches(_pf));
        Assert.False(new NicSelector(["15b3"], ["igb"], ["0000:02:00.0"], ["ens7f0np0"]).Matches(_pf));
        Assert.False(new NicSelector(["8086"], ["ice"], ["0000:02:00.0"], ["ens7f0np0"]).Matches(_pf));
        Assert.False(new NicSelector(["8086"], ["igb"], ["0000:03:00.0"], ["ens7f0np0"]).Matches(_pf));
        Assert.False(new NicSelector(["8086"], ["igb"], ["0000:02:00.0"], ["eth3"]).Matches(_pf));
    }

    [Theory]
    [InlineData("8086", "8086")]
    [InlineData("0x8086", "8086")]
    [InlineData("0X15B3", "15b3")]
    [InlineData("15B3", "15b3")]
    [InlineData("77", "0077")]
    [InlineData("intel", "8086")]
    [InlineData("Mellanox", "15b3")]
    [InlineData("NVIDIA", "15b3")]
    [InlineData("broadcom", "14e4")]
    public void A_vendor_is_a_hex_id_or_a_name_in_any_case(string vendor, string id) => Assert.Equal(id, NicSelector.VendorId(vendor));

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("acme")]
    [InlineData("18086")]
    [InlineData("-806")]
    [InlineData(" 806")]
    [InlineData("808\0")]
    [InlineData("8O86")]
    public void Anything_else_is_no_vendor(string vendor) => Assert.Null(NicSelector.VendorId(vendor));

    [Fact]
    public void A_vendor_may_be_given_as_a_name() => Assert.True(new NicSelector(["intel"], [], [], []).Matches(_pf));

    [Fact]
    public void A_device_may_be_written_in_upper_case() =>
        Assert.True(new NicSelector([], [], ["0000:AF:00.0"], []).Matches(_pf with { Address = PciAddress.Parse("0000:af:00.0") }));

    [Theory]
    [InlineData("ens7f0np0")]
    [InlineData("uplink")]
    [InlineData("ens*")]
    [InlineData("enp2s?f0np0")]
    [InlineData("*")]
    public void A_pf_is_selected_by_its_name_an_alternative_name_or_a_glob(string name) =>
        Assert.True(new NicSelector([], [], [], [name]).Matches(_pf));

    [Theory]
    [InlineData("ens7f0")]
    [InlineData("ENS7F0NP0")]
    [InlineData("ens7f?")]
    [InlineData("s7f0np0")]
    public void A_part_of_a_name_does_not_select(string name) => Assert.False(new NicSelector([], [], [], [name]).Matches(_pf));

    [Fact]
    public void A_pf_without_driver_matches_no_driver_and_no_name()
    {
        PhysicalFunction bare = _pf with { Driver = null, Netdev = null };
        Assert.False(new NicSelector([], ["igb"], [], []).Matches(bare));
        Assert.False(new NicSelector([], [], [], ["*"]).Matches(bare));
        Assert.True(new NicSelector(["8086"], [], ["0000:02:00.0"], []).Matches(bare));
    }
}
