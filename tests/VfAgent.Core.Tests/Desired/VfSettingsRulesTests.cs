using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;

namespace VfAgent.Core.Tests.Desired;

public sealed class VfSettingsRulesTests
{
    [Fact]
    public void A_vf_mtu_is_an_mtu_that_fits_the_pf()
    {
        Assert.Equal(["vfMtu: 67 is not an MTU; give 68 to 65535 bytes, or 0 to leave it as it is"], Errors(Some.Resource with { VfMtu = 67 }));
        Assert.Equal(["vfMtu: 1501 is larger than mtu, which is 1500; a VF's frames have to fit its PF"], Errors(Some.Resource with { VfMtu = 1501 }));
        Assert.Empty(Errors(Some.Resource with { VfMtu = 9000, Mtu = 0 }));
        Assert.Equal(["vfMtu"], Fields(Some.Resource with { VfMtu = 1400, DeviceType = DeviceTypes.VfioPci }));
    }

    [Theory]
    [InlineData("02:00:00:00:00:01", true)]
    [InlineData("deterministic", true)]
    [InlineData("00:00:00:00:00:00", false)]
    [InlineData("01:00:00:00:00:01", false)]
    [InlineData("02-00-00-00-00-01", false)]
    [InlineData("random", false)]
    public void A_mac_is_a_unicast_address_or_a_policy(string mac, bool valid) =>
        Assert.Equal(valid ? [] : ["vfs[0].mac"], Fields(With("3", new VfSettings(Mac: mac))));

    [Fact]
    public void One_address_is_not_for_several_vfs()
    {
        Assert.Equal(
            ["vfDefaults.mac: 02:00:00:00:00:01 would be the address of 4 VFs; give each its own in vfs, or \"deterministic\""],
            Errors(Some.Resource with { VfDefaults = new VfSettings(Mac: "02:00:00:00:00:01") }));
        Assert.Equal(["vfs[0].mac"], Fields(With("0-1", new VfSettings(Mac: "02:00:00:00:00:01"))));
    }

    [Theory]
    [InlineData("0-3", "")]
    [InlineData("", "vfs[0].indexes: is missing; give indexes and ranges of them such as 0-3,6")]
    [InlineData("3-0", "vfs[0].indexes: \"3-0\" is not a list of VFs; give indexes and ranges of them such as 0-3,6")]
    [InlineData("1,x", "vfs[0].indexes: \"1,x\" is not a list of VFs; give indexes and ranges of them such as 0-3,6")]
    [InlineData("0,4", "vfs[0].indexes: there is no VF 4 with a numVfs of 4; they count from 0")]
    public void Exceptions_are_for_vfs_that_there_are(string indexes, string error) =>
        Assert.Equal(error.Length == 0 ? [] : [error], Errors(With(indexes, new VfSettings(Trust: true))));

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        var wrong = new VfSettings(Vlan: new VfVlan(4095, 8, default), LinkState: (VfLinkState)7, MinTxRate: 200, MaxTxRate: 100);
        Assert.Equal(
            ["vfDefaults.vlan.id", "vfDefaults.vlan.qos", "vfDefaults.vlan.proto", "vfDefaults.linkState", "vfDefaults.minTxRate"],
            Fields(Some.Resource with { VfDefaults = wrong }));
        Assert.Equal(["vfDefaults.vlan.qos"], Fields(Some.Resource with { VfDefaults = new VfSettings(Vlan: new VfVlan(0, 5)) }));
    }

    [Fact]
    public void Of_two_exceptions_for_one_vf_the_later_wins_and_what_neither_says_is_the_default()
    {
        ResourceSpec spec = Some.Resource with
        {
            VfDefaults = new VfSettings(Trust: false, MaxTxRate: 10),
            VfOverrides = [new("1-2", new VfSettings(Trust: true, MaxTxRate: 20)), new("2", new VfSettings(MaxTxRate: 30))],
        };
        Assert.Equal(
            [new VfSettings(Trust: false, MaxTxRate: 10), new VfSettings(Trust: true, MaxTxRate: 20), new VfSettings(Trust: true, MaxTxRate: 30)],
            Enumerable.Range(0, 3).Select(spec.SettingsOf));
    }

    private static ResourceSpec With(string indexes, VfSettings settings) => Some.Resource with { VfOverrides = [new VfOverride(indexes, settings)] };

    private static IEnumerable<string> Errors(ResourceSpec spec) => DesiredValidator.Validate(spec).Select(error => error.ToString());

    private static IEnumerable<string> Fields(ResourceSpec spec) => DesiredValidator.Validate(spec).Select(error => error.Field);
}
