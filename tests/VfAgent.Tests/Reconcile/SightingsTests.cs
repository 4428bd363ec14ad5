using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Reconcile;

namespace VfAgent.Tests.Reconcile;

public sealed class SightingsTests
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly PciAddress _vf = PciAddress.Parse("0000:02:10.0");

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "another network namespace")]
    public void A_vf_without_its_netdev_is_in_use_once_the_netdev_was_there_however_short(bool wasLinked, string? user)
    {
        var pf = new PhysicalFunction
        {
            Address = _pf,
            Vendor = "8086",
            DeviceId = "10c9",
            Driver = "igb",
            TotalVfs = 7,
            NumVfs = 1,
            Vfs = [new VirtualFunction(0, _vf, "8086", "10ca", "igbvf", null, null, null)],
        };

        HostSnapshot host = HostSnapshot.Empty
            .After(new SetNumVfs(_pf, 1))
            .With(_pf, new Sight(pf, null), vfsAreNew: true, wasLinked ? [_vf] : new HashSet<PciAddress>());

        Assert.Equal(user, VfUse.Of(pf.Vfs[0], new VfId(_pf, 0), host)?.Name);
    }
}
