using VfAgent.Core.Desired;

namespace VfAgent.Core.Tests.Desired;

public sealed class ResourceRulesTests
{
    [Fact]
    public void An_ordinary_resource_is_valid() => Assert.Empty(DesiredValidator.Validate(Some.Resource));

    [Theory]
    [InlineData("", "name: is missing")]
    [InlineData("../x", "name: \"../x\" is not a name; give 1 to 63 of a-z A-Z 0-9 _ . -, with a letter or digit first and last")]
    public void A_resource_has_a_name(string name, string error) => Assert.Equal([error], Errors(Some.Resource with { Name = name }));

    [Theory]
    [InlineData(0, true)]
    [InlineData(67, false)]
    [InlineData(68, true)]
    [InlineData(65535, true)]
    [InlineData(65536, false)]
    [InlineData(-1, false)]
    public void An_mtu_is_68_to_65535_or_0(int mtu, bool valid) =>
        Assert.Equal(
            valid ? [] : [$"mtu: {mtu} is not an MTU; give 68 to 65535 bytes, or 0 to leave it as it is"], Errors(Some.Resource with { Mtu = mtu }));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(65535, true)]
    [InlineData(65536, false)]
    [InlineData(int.MaxValue, false)]
    public void A_number_of_vfs_is_1_to_65535(int numVfs, bool valid) =>
        Assert.Equal(valid ? [] : ["numVfs"], Fields(Some.Resource with { NumVfs = numVfs }));

    [Theory]
    [InlineData("netdevice", true)]
    [InlineData("vfio-pci", true)]
    [InlineData("", false)]
    [InlineData("NetDevice", false)]
    [InlineData("vfio", false)]
    public void A_device_type_is_netdevice_or_vfio_pci(string deviceType, bool valid) => Assert.Equal(
        valid ? [] : [$"deviceType: \"{deviceType}\" is not known; give \"netdevice\" or \"vfio-pci\""],
        Errors(Some.Resource with { DeviceType = deviceType }));

    [Fact]
    public void An_empty_selector_would_take_every_nic() => Assert.Equal(
        ["nicSelector: is empty and would take every NIC, the management NIC too; give vendors, drivers, devices, pfNames, deviceIds or macs"],
        Errors(Some.Resource with { Selector = new([], [], [], []) }));

    [Theory]
    [InlineData("8086", true)]
    [InlineData("0x15b3", true)]
    [InlineData("Intel", true)]
    [InlineData("acme", false)]
    [InlineData("", false)]
    [InlineData("12345", false)]
    public void A_vendor_is_a_hex_id_or_a_known_name(string vendor, bool valid) =>
        Assert.Equal(valid ? [] : ["nicSelector.vendors[1]"], Fields(Some.Resource with { Selector = new(["8086", vendor], [], [], []) }));

    [Theory]
    [InlineData("igb", true)]
    [InlineData("bnxt_en", true)]
    [InlineData("", false)]
    [InlineData("../igb", false)]
    [InlineData("igb\n", false)]
    public void A_driver_is_a_name(string driver, bool valid) =>
        Assert.Equal(valid ? [] : ["nicSelector.drivers[0]"], Fields(Some.Resource with { Selector = new([], [driver], [], []) }));

    [Theory]
    [InlineData("0000:02:00.0", true)]
    [InlineData("0000:AF:1F.7", true)]
    [InlineData("02:00.0", false)]
    [InlineData("0000:02:20.0", false)]
    [InlineData("0000:02:00.8", false)]
    [InlineData("eth3", false)]
    public void A_device_is_a_pci_address(string device, bool valid) => Assert.Equal(
        valid ? [] : [$"nicSelector.devices[0]: \"{device}\" is not a PCI address such as 0000:02:00.0"],
        Errors(Some.Resource with { Selector = new([], [], [device], []) }));

    [Theory]
    [InlineData("eth3", true)]
    [InlineData("ens7f*", true)]
    [InlineData("ens?f0np0", true)]
    [InlineData("", false)]
    [InlineData("eth 3", false)]
    [InlineData("a/b", false)]
    [InlineData("eth[0-3]", false)]
    public void A_pf_name_is_an_interface_name_or_a_glob(string name, bool valid) =>
        Assert.Equal(valid ? [] : ["nicSelector.pfNames[0]"], Fields(Some.Resource with { Selector = new([], [], [], [name]) }));

    [Theory]
    [InlineData("eth3#0-2,3", null)]
    [InlineData("ens7f*#0", null)]
    [InlineData("eth3#", "does not name VFs behind its #; give indexes and ranges of them such as 0-3,6")]
    [InlineData("eth3#2-1", "does not name VFs behind its #; give indexes and ranges of them such as 0-3,6")]
    [InlineData("eth3#0#1", "does not name VFs behind its #; give indexes and ranges of them such as 0-3,6")]
    [InlineData("eth3#0-4", "names VF 4, and a numVfs of 4 ends before it; VFs count from 0, and numVfs is the PF's")]
    public void A_range_of_vfs_is_one_that_the_pf_has(string name, string? complaint) => Assert.Equal(
        complaint is null ? [] : [$"nicSelector.pfNames[0]: \"{name}\" {complaint}"],
        Errors(Some.Resource with { Selector = new([], [], [], [name]) }));

    [Theory]
    [InlineData("10c9", true)]
    [InlineData("0x10C9", true)]
    [InlineData("igb", false)]
    [InlineData("10c90", false)]
    public void A_device_id_is_a_hex_id(string id, bool valid) =>
        Assert.Equal(valid ? [] : ["nicSelector.deviceIds[0]"], Fields(Some.Resource with { Selector = new([], [], [], []) { DeviceIds = [id] } }));

    [Theory]
    [InlineData("02:00:00:00:00:0A", true)]
    [InlineData("02-00-00-00-00-0a", false)]
    [InlineData("eth3", false)]
    public void A_mac_of_a_pf_is_an_address(string mac, bool valid) =>
        Assert.Equal(valid ? [] : ["nicSelector.macs[0]"], Fields(Some.Resource with { Selector = new([], [], [], []) { Macs = [mac] } }));

    [Fact]
    public void What_is_excluded_is_a_selector_of_pfs()
    {
        Assert.Empty(Fields(Excluding(new([], [], [], ["eth2"]))));
        Assert.Equal(["nicSelector.exclude"], Fields(Excluding(new([], [], [], []))));
        Assert.Equal(
            ["nicSelector.exclude.pfNames[0]", "nicSelector.exclude.macs[0]"],
            Fields(Excluding(new([], [], [], ["eth2#0"]) { Macs = ["x"] })));
        Assert.Equal(["nicSelector.exclude.exclude"], Fields(Excluding(Some.Selector with { Exclude = Some.Selector })));

        static ResourceSpec Excluding(NicSelector exclude) => Some.Resource with { Selector = Some.Selector with { Exclude = exclude } };
    }

    [Fact]
    public void A_resource_is_managed_by_others_or_only_observed() => Assert.Equal(
        ["observeOnly: does not go with externallyManaged, which hands VFs out; give one of them"],
        Errors(Some.Resource with { ExternallyManaged = true, ObserveOnly = true }));

    [Fact]
    public void Only_vfs_for_vfio_are_made_without_their_kernel_driver()
    {
        Assert.Empty(Errors(Some.Resource with { SkipsKernelDriver = true, DeviceType = DeviceTypes.VfioPci }));
        Assert.Equal(["driversAutoprobe"], Fields(Some.Resource with { SkipsKernelDriver = true }));
    }

    [Fact]
    public void All_errors_are_found_at_once()
    {
        var wrong = new ResourceSpec("-", 1, 0, NeedVhostNet: false, new(["?"], ["/"], ["x", "0000:02:00.0", "y"], [" "]), "dpdk");
        Assert.Equal(
            ["name", "mtu", "numVfs", "deviceType", "nicSelector.vendors[0]", "nicSelector.drivers[0]", "nicSelector.devices[0]", "nicSelector.devices[2]",
                "nicSelector.pfNames[0]"],
            Fields(wrong));
    }

    [Fact]
    public void A_long_value_is_quoted_in_part()
    {
        string error = Assert.Single(Errors(Some.Resource with { Name = new string('x', 5000) }));
        Assert.InRange(error.Length, 80, 250);
    }

    private static IEnumerable<string> Errors(ResourceSpec spec) => DesiredValidator.Validate(spec).Select(error => error.ToString());

    private static IEnumerable<string> Fields(ResourceSpec spec) => DesiredValidator.Validate(spec).Select(error => error.Field);
}
