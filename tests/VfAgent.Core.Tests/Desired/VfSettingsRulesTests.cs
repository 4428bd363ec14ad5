using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;

namespace VfAgent.Core.Tests.Desired;

public sealed class VfSettingsRulesTests
{
    [Fact]
    public void A_vf_mtu_is_an_mtu_that_fits_the_pf()
    {
        Assert.Equal(["vfMtu: 67 is not an MTU; give 68 to 65535 bytes, or 0 to leave it as it is"], Errors(Some.Resource with { VfMtu = 67 }));
        Assert.Equal(
            ["vfMtu: 1501 is larger than mtu, which is 1500; a VF's frames have to fit its PF"], Errors(Some.Resource with { VfMtu = 1501 }));
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

    [Fact]
    public void One_address_is_for_the_one_VF_that_a_resource_has_of_its_NIC_or_that_no_exception_is_for()
    {
        ResourceSpec spec = Some.Resource with { VfDefaults = new VfSettings(Mac: "02:00:00:00:00:01") };
        Assert.Empty(Errors(spec with { Selector = new([], [], [], ["eth3#2"]) }));
        Assert.Empty(Errors(spec with { VfOverrides = [new("0-2", new VfSettings(Mac: "deterministic"))] }));
    }

    [Fact]
    public void Two_VFs_do_not_have_the_same_address()
    {
        var one = new VfSettings(Mac: "02:00:00:00:00:01");
        ResourceSpec spec = Some.Resource with { VfOverrides = [new("0", one), new("2", one)] };
        Assert.Equal(["vfs[1].mac: 02:00:00:00:00:01 is the address of VF 0 already (vfs[0])"], Errors(spec));
        Assert.Empty(Errors(spec with { VfOverrides = [.. spec.VfOverrides, new("0", new VfSettings(Mac: "02:00:00:00:00:02"))] }));
    }

    [Fact]
    public void Rates_that_only_together_make_no_sense_are_refused()
    {
        ResourceSpec spec = Some.Resource with { VfDefaults = new VfSettings(MinTxRate: 200, MaxTxRate: 1000) };
        Assert.Equal(
            ["vfs[0].maxTxRate: 100 is less than minTxRate, which is 200 for VF 1 (vfDefaults)"],
            Errors(spec with { VfOverrides = [new("1-3", new VfSettings(MaxTxRate: 100))] }));
        Assert.Equal(
            ["vfs[0].minTxRate: 2000 is more than maxTxRate, which is 1000 for VF 1 (vfDefaults)"],
            Errors(spec with { VfOverrides = [new("1-3", new VfSettings(MinTxRate: 2000))] }));
        Assert.Empty(Errors(spec with { VfOverrides = [new("1-3", new VfSettings(MaxTxRate: 100)), new("0-3", new VfSettings(MinTxRate: 50))] }));
    }

    [Fact]
    public void An_exception_is_for_VFs_that_the_resource_has()
    {
        ResourceSpec spec = With("1-2", new VfSettings(Trust: true)) with { Selector = new([], [], [], ["eth3#0-1", "eth4#1"]) };
        Assert.Equal(["vfs[0].indexes: 1-2 are not all this resource's: by nicSelector.pfNames it has VF 0-1"], Errors(spec));
        Assert.Empty(Errors(spec with { Selector = new([], [], [], ["eth3#0-1", "eth4"]) }));
    }

    [Fact]
    public void Many_exceptions_for_all_VFs_are_checked_in_no_time()
    {
        ResourceSpec spec = Some.Resource with
        {
            NumVfs = 65535,
            VfOverrides = [.. Enumerable.Range(0, 10_000).Select(i => new VfOverride("0-65534", new VfSettings(MinTxRate: i, MaxTxRate: i)))],
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Empty(Errors(spec));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
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
