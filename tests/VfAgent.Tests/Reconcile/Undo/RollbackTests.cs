using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Reconcile.Undo;

namespace VfAgent.Tests.Reconcile.Undo;

public sealed class RollbackTests
{
    private static readonly PhysicalFunction _pf = Nics.Igb with { NumVfs = 4 };

    private readonly Rollback _rollback = new();

    public RollbackTests() => _rollback.Begin(_pf);

    [Fact]
    public void The_way_back_from_a_failure_may_not_cut_the_host_off()
    {
        Assert.False(_rollback.Fail([new SetNumVfs(_pf.Address, 6, BlipsLink: true)]));

        Assert.Equal(4, _rollback.Target?.NumVfs);
        Assert.False(_rollback.Target?.MayCutOff);
    }

    [Fact]
    public void A_vf_that_fails_in_the_middle_is_no_reason_to_forget_where_the_change_began()
    {
        Assert.False(_rollback.Fail([new UnbindDriver(new VfId(_pf.Address, 0), PciAddress.Parse("0000:02:10.0"), "igbvf")]));
        Assert.Null(_rollback.Target);

        _rollback.Changed([new SetNumVfs(_pf.Address, 6)]);
        _rollback.Begin(_pf with { NumVfs = 6 });
        Assert.False(_rollback.Fail([new SetMtu(_pf.Address, "eth3", 7, 9000)]));
        Assert.Equal(4, _rollback.Target?.NumVfs);
    }

    [Fact]
    public void What_failed_before_it_has_changed_anything_has_no_picture_to_keep()
    {
        _rollback.Changed([new LoadModule("vfio-pci")]);
        _rollback.Begin(_pf with { NumVfs = 2 });
        Assert.False(_rollback.Fail([new SetNumVfs(_pf.Address, 6)]));

        Assert.Equal(2, _rollback.Target?.NumVfs);
    }

    [Fact]
    public void The_way_back_from_what_has_cut_the_host_off_may()
    {
        _rollback.Undo(PfTarget.Of(_pf));

        Assert.Equal(4, _rollback.Target?.NumVfs);
        Assert.True(_rollback.Target?.MayCutOff);
    }
}
