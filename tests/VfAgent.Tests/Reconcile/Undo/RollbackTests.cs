using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Reconcile.Undo;

namespace VfAgent.Tests.Reconcile.Undo;

public sealed class RollbackTests
{
    private static readonly PhysicalFunction _pf = new()
    {
        Address = PciAddress.Parse("0000:02:00.0"),
        Vendor = "8086",
        DeviceId = "10c9",
        TotalVfs = 7,
        NumVfs = 4,
    };

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
    public void The_way_back_from_what_has_cut_the_host_off_may()
    {
        _rollback.Undo();

        Assert.Equal(4, _rollback.Target?.NumVfs);
        Assert.True(_rollback.Target?.MayCutOff);
    }
}
