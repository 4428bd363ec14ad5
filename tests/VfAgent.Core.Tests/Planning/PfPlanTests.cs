using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class PfPlanTests
{
    private static readonly VfAttributes _untouched =
        new(0, MacAddress.None, 0, 0, VlanProtocol.Dot1Q, SpoofCheck: true, Trust: false, VfLinkState.Auto, 0, 0);

    private static readonly ResourceSpec _spec = Some.Resource with
    {
        NumVfs = 1,
        VfMtu = 1400,
        VfDefaults = new VfSettings(Vlan: new VfVlan(100)),
    };

    private static readonly PhysicalFunction _pf = Some.Pf with { Vfs = [Some.Vf with { Index = 0, Admin = _untouched }] };

    private static readonly Ledger _ledger = Ledger.Empty.With(new PfClaim(_pf.Address, _spec.Name, 0, 1500));

    [Fact]
    public void Settings_alone_are_put_right_only_on_a_PF_at_rest()
    {
        Assert.True(Plan(_spec, _pf, _ledger).WantsRest);
        Assert.True(Plan(_spec with { VfDefaults = VfSettings.None }, _pf, _ledger).WantsRest);
    }

    [Fact]
    public void What_is_new_is_set_up_at_once()
    {
        Assert.False(Plan(_spec, _pf, Ledger.Empty).WantsRest);
        Assert.False(Plan(_spec with { NumVfs = 2 }, _pf, _ledger).WantsRest);
        Assert.False(Plan(_spec with { Mtu = 9000 }, _pf, _ledger).WantsRest);
    }

    [Fact]
    public void Nothing_to_do_wants_no_rest() => Assert.False(Plan(_spec with { VfMtu = 0, VfDefaults = VfSettings.None }, _pf, _ledger).WantsRest);

    private static PfPlan Plan(ResourceSpec spec, PhysicalFunction pf, Ledger ledger)
    {
        DesiredState desired = DesiredState.Empty with { Resources = DesiredState.Empty.Resources.Add(spec.Name, spec) };
        return Planner.Plan(desired, HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(pf.Address, pf) }, ledger).Pfs[pf.Address];
    }
}
