using System.Collections.Immutable;
using System.Net;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Mqtt;
using VfAgent.Reconcile.Undo;

namespace VfAgent.Tests.Reconcile.Undo;

public sealed class ConfirmationTests
{
    private static readonly PhysicalFunction _management = Nics.Igb with { Carries = "the default route" };

    private readonly BrokerContact _broker = new(() => { });
    private readonly Confirmation _confirmation;
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private int _asked;

    public ConfirmationTests()
    {
        _broker.Reach(IPAddress.Loopback);
        _broker.Hear();
        _confirmation = new Confirmation(_broker);
    }

    [Fact]
    public void A_change_stands_when_the_broker_is_heard_of_after_it_has_settled()
    {
        Change(_management);

        Assert.True(After(6));
        Assert.Equal(1, _asked);
        _broker.Hear();
        Assert.True(After(1));
        Assert.False(_confirmation.IsAwaited);
        Assert.True(After(600));
    }

    [Fact]
    public void What_was_on_its_way_when_the_change_was_made_confirms_nothing()
    {
        Change(_management);

        _broker.Hear();
        Assert.True(After(6));
        Assert.True(After(100));
        Assert.False(After(20));
    }

    [Fact]
    public void A_broker_that_is_asked_late_has_its_time_to_answer()
    {
        Change(_management);

        Assert.True(After(600));
        Assert.Equal(1, _asked);
        Assert.True(After(100));
        Assert.False(After(20));
    }

    [Fact]
    public void A_broker_that_was_out_of_reach_before_is_not_waited_for()
    {
        _broker.Lose();
        Change(_management);

        Assert.Null(_confirmation.NextAt);
        Assert.True(After(600));
    }

    [Fact]
    public void A_nic_that_nothing_of_the_hosts_hangs_on_needs_no_confirmation()
    {
        Change(_management with { Carries = null });

        Assert.Null(_confirmation.NextAt);
    }

    [Fact]
    public void Another_change_begins_the_wait_anew()
    {
        Change(_management);
        Assert.True(After(100));
        Change(_management);

        Assert.True(After(6));
        Assert.True(After(100));
        Assert.False(After(20));
    }

    [Fact]
    public void What_is_done_to_a_vf_meanwhile_does_not()
    {
        Change(_management);
        Assert.True(After(6));
        Assert.True(After(100));
        _confirmation.Changed([new LoadModule("vfio-pci")], _now);

        Assert.False(After(30));
    }

    [Fact]
    public void One_change_is_made_at_a_time_though_that_one_again_when_others_have_undone_it()
    {
        Change(_management);

        Assert.False(Allows(new SetNumVfs(_management.Address, 6)));
        Assert.True(Allows(new SetNumVfs(_management.Address, 4)));
        Assert.True(Allows(new LoadModule("vfio-pci")));
    }

    [Fact]
    public void Another_wish_is_not_kept_waiting_and_what_was_done_for_the_old_one_is_still_to_be_confirmed()
    {
        Change(_management);
        Assert.True(After(6));
        Assert.True(After(100));
        _confirmation.Renew();
        Assert.True(Allows(new SetNumVfs(_management.Address, 6)));

        Assert.False(After(20));
    }

    [Fact]
    public void A_broker_that_is_away_is_waited_for_before_a_change_and_not_for_ever()
    {
        _broker.Lose();
        Assert.False(Allows(new SetNumVfs(_management.Address, 4)));
        Assert.Equal(_now + TimeSpan.FromSeconds(30), _confirmation.NextAt);
        Assert.True(_confirmation.Allows(_management with { Carries = null }, [new SetNumVfs(_management.Address, 4)], _now));

        Assert.False(Allows(new SetNumVfs(_management.Address, 4)));
        _now += TimeSpan.FromSeconds(30);
        Assert.True(Allows(new SetNumVfs(_management.Address, 4)));
    }

    [Fact]
    public void What_others_have_undone_meanwhile_is_not_what_the_host_is_cut_off_by()
    {
        Change(_management);

        Assert.True(After(6));
        Assert.True(After(120, new SetNumVfs(_management.Address, 4)));
        Assert.False(_confirmation.IsAwaited);
    }

    [Fact]
    public void What_is_left_of_it_may_be_though()
    {
        Step[] steps = [new SetMtu(_management.Address, "eth3", 7, 9000), new SetNumVfs(_management.Address, 4)];
        _confirmation.Begin(_management, [.. steps]);
        _confirmation.Changed(steps, _now);

        Assert.True(After(6));
        Assert.False(After(120, new SetNumVfs(_management.Address, 4)));
    }

    [Fact]
    public void Steps_that_were_not_taken_after_all_leave_nothing_to_confirm()
    {
        Assert.True(_confirmation.Begin(_management, [new SetNumVfs(_management.Address, 4)]));
        _confirmation.Changed([new DropChange(_management.Address)], _now);

        Assert.False(_confirmation.IsAwaited);
        Assert.True(After(600));
    }

    [Fact]
    public void What_an_earlier_run_has_left_is_waited_for_anew()
    {
        var confirmation = new Confirmation(new BrokerContact(() => { }));
        confirmation.Resume(_now);

        Assert.True(confirmation.Consider([], _now.AddSeconds(115), () => { }));
        Assert.False(confirmation.Consider([], _now.AddSeconds(120), () => { }));
    }

    [Fact]
    public void What_an_earlier_run_has_left_stands_when_this_one_hears_anything()
    {
        _confirmation.Resume(_now);
        Assert.True(_confirmation is { IsAwaited: true, IsAnswered: true });

        Assert.True(After(6));
        Assert.False(_confirmation.IsAwaited);
    }

    private bool Allows(Step step) => _confirmation.Allows(_management, [step], _now);

    private void Change(PhysicalFunction pf)
    {
        SetNumVfs[] steps = [new(pf.Address, 4)];
        _confirmation.Begin(pf, [.. steps]);
        _confirmation.Changed(steps, _now);
    }

    private bool After(int seconds, params ImmutableArray<Step> left)
    {
        _now += TimeSpan.FromSeconds(seconds);
        return _confirmation.Consider(left, _now, () => _asked++);
    }
}
