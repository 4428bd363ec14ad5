using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class DisruptionTests
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly PciAddress _vf = PciAddress.Parse("0000:02:10.0");
    private static readonly VfId _id = new(_pf, 0);

    public static TheoryData<Step, Disruption> Steps => new()
    {
        { new ClaimPf(new PfClaim(_pf, "eth3-vfs", 0, 1500)), Disruption.None },
        { new LoadModule("vfio_pci"), Disruption.None },
        { new SetLinkUp(_pf, "eth3", 3), Disruption.None },
        { new SetMtu(_pf, "eth3", 3, 9000), Disruption.None },
        { new SetMtu(_pf, "eth3", 3, 9000, BlipsLink: true), Disruption.PfLinkBlip },
        { new SetNumVfs(_pf, 4), Disruption.None },
        { new SetNumVfs(_pf, 4, BlipsLink: true), Disruption.PfLinkBlip },
        { new SetNumVfs(_pf, 0), Disruption.AllVfs },
        { new SetNumVfs(_pf, 0, BlipsLink: true), Disruption.PfLinkBlip },
        { new SetDriverOverride(_id, _vf, "vfio-pci"), Disruption.None },
        { new UnbindDriver(_id, _vf, "igbvf"), Disruption.VfReset },
        { new ProbeDriver(_id, _vf), Disruption.None },
        { new RebindDriver(_id, _vf, "igbvf"), Disruption.VfReset },
        { new SetVf("eth3", new VfRequest(_id, 3, new VfTrust(true))), Disruption.None },
        { new SetVfMtu(_id, "eth4", 4, 1400), Disruption.None },
        { new SetAutoprobe(_pf, false), Disruption.None },
        { new WriteFile(OwnedFolder.Conflists, "vfagent-f1-u.conflist", "{}"), Disruption.None },
        { new RecordAssignment(new Assignment("f1-u", "eth3-vfs", _id)), Disruption.None },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Every_step_has_a_class_and_the_host_is_looked_at_again_before_one_that_disturbs(Step step, Disruption disruption)
    {
        Assert.Equal(disruption, step.Disruption);
        Assert.Equal(disruption != Disruption.None, step.DisturbsVfs);
    }

    [Theory]
    [InlineData("igb", true, Disruption.PfLinkBlip)]
    [InlineData("igb", false, Disruption.None)]
    [InlineData("ixgbe", true, Disruption.PfLinkBlip)]
    [InlineData("i40e", true, Disruption.PfLinkBlip)]
    [InlineData("ice", true, Disruption.None)]
    [InlineData("bnxt_en", false, Disruption.None)]
    [InlineData("a-driver-of-tomorrow", true, Disruption.None)]
    public void Making_the_first_VFs_costs_some_drivers_the_link_of_a_PF_that_is_up(string driver, bool up, Disruption disruption)
    {
        PhysicalFunction pf = Some.Pf with { Driver = driver, NumVfs = 0, Vfs = [], Netdev = Some.Pf.Netdev! with { Up = up, Mtu = 1400 } };
        DesiredState desired = DesiredState.Empty with { Resources = DesiredState.Empty.Resources.Add(Some.Resource.Name, Some.Resource) };
        HostSnapshot host = HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(pf.Address, pf) };

        ImmutableArray<Step> steps = Planner.Plan(desired, host, Ledger.Empty).Pfs[pf.Address].Steps;

        Assert.Equal(disruption, steps.OfType<SetNumVfs>().Single().Disruption);
        Assert.Equal(disruption, steps.OfType<SetMtu>().Single().Disruption);
    }
}
