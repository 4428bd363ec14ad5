using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class StepEqualityTests
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly VfId _vf = new(_pf, 0);
    private static readonly VfRequest _request = new(_vf, 3, new VfTrust(true));

    [Fact]
    public void Steps_that_differ_only_in_what_they_tell_people_are_the_same_change() => Assert.All(
        (IEnumerable<(Step, Step)>)
        [
            (new SetLinkUp(_pf, "eth3", 3), new SetLinkUp(_pf, "ens7f0", 3)),
            (new SetMtu(_pf, "eth3", 3, 9000), new SetMtu(_pf, "ens7f0", 3, 9000, BlipsLink: true)),
            (new SetNumVfs(_pf, 4), new SetNumVfs(_pf, 4, BlipsLink: true)),
            (new SetVf("eth3", _request), new SetVf("ens7f0", _request)),
            (new SetVfMtu(_vf, "eth4", 4, 1400), new SetVfMtu(_vf, "ens7f0v0", 4, 1400)),
        ],
        pair =>
        {
            Assert.Equal(pair.Item1, pair.Item2);
            Assert.Equal(pair.Item1.GetHashCode(), pair.Item2.GetHashCode());
        });

    [Fact]
    public void Steps_that_change_another_thing_or_to_another_value_are_not() => Assert.All(
        (IEnumerable<(Step, Step)>)
        [
            (new SetLinkUp(_pf, "eth3", 3), new SetLinkUp(_pf, "eth3", 4)),
            (new SetMtu(_pf, "eth3", 3, 9000), new SetMtu(_pf, "eth3", 3, 1500)),
            (new SetNumVfs(_pf, 4), new SetNumVfs(_pf, 0)),
            (new SetVf("eth3", _request), new SetVf("eth3", _request with { Setting = new VfTrust(false) })),
            (new SetVfMtu(_vf, "eth4", 4, 1400), new SetVfMtu(_vf, "eth4", 5, 1400)),
            (Settle("web"), Settle("db")),
            (new ClaimPf(new PfClaim(_pf, "a", 0, null)), new ClaimPf(new PfClaim(_pf, "a", 0, null) { MayCutOff = true })),
        ],
        pair => Assert.NotEqual(pair.Item1, pair.Item2));

    private static SettleLease Settle(string container) => new(_vf, new Lease(_pf, 1, container, "", "pool", $"/run/netns/{container}", 1, "eth0"));
}
