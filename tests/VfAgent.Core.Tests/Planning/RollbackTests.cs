using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Core.Tests.Planning;

/// <summary>The way back from a failed change: what the PF was, not what is asked for.</summary>
public sealed class RollbackTests
{
    private const string Old = "02:00:00:00:00:01";
    private const string New = "02:00:00:00:00:02";

    [Fact]
    public void A_VF_does_not_get_the_address_of_the_new_wish() => Assert.Empty(
        WayBack(_netdevice with { VfOverrides = [new("0", new VfSettings(New))] }, before: Vf("igbvf", Old), now: Vf("igbvf", MacAddress.None)));

    [Fact]
    public void A_VF_gets_the_address_back_that_it_had_and_that_is_still_wished_for() => Assert.Equal(
        [$"set eth3 vf 0 mac {Old}"],
        WayBack(_netdevice with { VfOverrides = [new("0", new VfSettings(Old))] }, before: Vf("igbvf", Old), now: Vf("igbvf", MacAddress.None)));

    [Fact]
    public void An_address_that_a_VF_may_have_chosen_is_not_pinned() =>
        Assert.Empty(WayBack(_netdevice, before: Vf("igbvf", Old), now: Vf("igbvf", MacAddress.None)));

    [Fact]
    public void A_VF_on_vfio_gets_no_address_that_it_did_not_have() =>
        Assert.Empty(WayBack(_vfio, before: Vf("vfio-pci", MacAddress.None), now: Vf("vfio-pci", MacAddress.None)));

    [Fact]
    public void A_VF_on_vfio_gets_the_address_back_that_it_had() => Assert.Equal(
        [$"set eth3 vf 0 mac {Old}"],
        WayBack(_vfio, before: Vf("vfio-pci", Old), now: Vf("vfio-pci", MacAddress.None)));

    [Theory]
    [InlineData(false, false, "")]
    [InlineData(true, false, "set eth3 mtu to 1400; set 0000:02:00.0 sriov_numvfs to 0")]
    [InlineData(false, true, "set eth3 mtu to 1400; set 0000:02:00.0 sriov_numvfs to 0")]
    public void A_NIC_that_the_host_has_come_to_be_managed_over_is_left_alone_unless_it_may_be_cut_off_or_is(bool mayBe, bool isCutOff, string steps)
    {
        PhysicalFunction before = Some.Pf with { NumVfs = 0, Vfs = [], Netdev = Some.Pf.Netdev! with { Mtu = 1400 } };
        var target = PfTarget.Of(before);

        PfPlan plan = WayBack(
            _netdevice with { AllowsManagementNic = mayBe }, target with { MayCutOff = isCutOff }, Some.Pf with { Carries = "the default route" });

        Assert.Equal(steps, string.Join("; ", plan.Steps));
        Assert.Equal(steps.Length == 0, plan.Findings.Any(finding => finding.Reason == Reasons.ManagementNic));
    }

    private static readonly ResourceSpec _netdevice = Some.Resource with { NumVfs = 2 };
    private static readonly ResourceSpec _vfio = _netdevice with { DeviceType = DeviceTypes.VfioPci };

    private static IEnumerable<string> WayBack(ResourceSpec wish, VirtualFunction before, VirtualFunction now)
    {
        PhysicalFunction pf = Some.Pf with { Vfs = [now] };
        return WayBack(wish, PfTarget.Of(pf with { Vfs = [before] }), pf).Steps.Select(step => step.ToString());
    }

    private static PfPlan WayBack(ResourceSpec wish, PfTarget before, PhysicalFunction pf)
    {
        DesiredState desired = DesiredState.Empty with { Resources = DesiredState.Empty.Resources.Add(wish.Name, wish) };
        HostSnapshot host = HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(pf.Address, pf), Features = new HostFeatures(VfioPci: true) };
        var rollbacks = ImmutableDictionary<PciAddress, PfTarget>.Empty.Add(pf.Address, before);
        return Planner.Plan(desired, host, Ledger.Empty, rollbacks).Pfs[pf.Address];
    }

    private static VirtualFunction Vf(string driver, string mac) => Some.Vf with
    {
        Index = 0,
        Driver = driver,
        DriverOverride = VirtualFunction.IsVfio(driver) ? driver : null,
        Netdev = VirtualFunction.IsVfio(driver) ? null : Some.Vf.Netdev,
        Admin = new VfAttributes(0, mac, 0, 0, VlanProtocol.Dot1Q, SpoofCheck: true, Trust: false, VfLinkState.Auto, 0, 0),
    };
}
