using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>A config that is held and cannot be read now may ask for all that its resource has.</summary>
public sealed class UnreadableConfigTests
{
    private static readonly PciAddress _pf = Some.Pf.Address;
    private static readonly ResourceSpec _low = Resource("a", "eth3#0-1");
    private static readonly ResourceSpec _high = Resource("b", "eth3#2-3");

    private static readonly DesiredState _other = DesiredState.Empty with
    {
        Resources = DesiredState.Empty.Resources.Add("a", Some.Resource with { Name = "a" }),
    };

    [Fact]
    public void The_NIC_of_its_resource_is_not_taken_by_another()
    {
        Ledger ledger = Ledger.Empty.With(new PfClaim(_pf, "b", 0, null));
        DesiredState[] cases = [_other with { Unreadable = [ObjectKey.Resource("b")] }, _other with { DocumentIsUnreadable = true }];
        foreach (DesiredState desired in cases)
        {
            Plan plan = Plan(desired, ledger);
            Assert.True(plan.IsEmpty);
            Assert.Empty(plan.Pfs);
            Assert.Equal(
                "0000:02:00.0 is managed by resource b, whose config cannot be read now", Assert.Single(plan.Resources["a"].Findings).Message);
        }
    }

    [Fact]
    public void The_NIC_of_a_resource_that_is_gone_is_taken() =>
        Assert.Contains(Plan(_other, Ledger.Empty.With(new PfClaim(_pf, "b", 0, null))).Steps, step => step is SetNumVfs);

    [Fact]
    public void One_that_shares_its_NIC_goes_on_and_the_entry_still_names_it()
    {
        DesiredState desired = DesiredState.Empty with
        {
            Resources = DesiredState.Empty.Resources.Add("b", _high),
            Unreadable = [ObjectKey.Resource("a")],
        };
        Ledger ledger = Ledger.Empty.With(new PfClaim(_pf, "a", 0, null) { Others = ["b"] });

        Plan plan = Plan(desired, ledger);

        Assert.Equal(["b"], plan.Pfs[_pf].Resources);
        Assert.DoesNotContain(plan.Steps, step => step is ClaimPf);
    }

    [Fact]
    public void Once_it_is_gone_the_entry_names_the_other_alone()
    {
        DesiredState desired = DesiredState.Empty with { Resources = DesiredState.Empty.Resources.Add("a", _low) };
        Ledger ledger = Ledger.Empty.With(new PfClaim(_pf, "a", 0, null) { Others = ["b"] });
        Assert.Contains(new ClaimPf(new PfClaim(_pf, "a", 0, null)), Plan(desired, ledger).Steps);
    }

    private static ResourceSpec Resource(string name, string pfName) =>
        Some.Resource with { Name = name, Mtu = 0, NumVfs = 4, Selector = new([], [], [], [pfName]) };

    private static Plan Plan(DesiredState desired, Ledger ledger)
    {
        HostSnapshot host = HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(_pf, Some.Pf) };
        return Planner.Plan(desired, host, ledger);
    }
}
