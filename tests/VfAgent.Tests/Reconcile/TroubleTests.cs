using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Reconcile;

namespace VfAgent.Tests.Reconcile;

public sealed class TroubleTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly Step _probe = new ProbeDriver(new VfId(_pf, 0), PciAddress.Parse("0000:02:10.0"));

    private readonly Trouble _trouble = new();

    [Fact]
    public void A_step_that_is_planned_again_right_after_is_held_and_is_no_failure()
    {
        _trouble.Ended([_probe], [], isGoingBack: false, _start);

        Assert.False(_trouble.TryTake([_probe], isGoingBack: false, _start + TimeSpan.FromMilliseconds(5)));
        Assert.Empty(_trouble.Findings);
        Assert.Equal(_start + TimeSpan.FromSeconds(1), _trouble.RetryAt(isGoingBack: false));
    }

    [Fact]
    public void A_step_that_is_still_planned_after_a_second_is_a_failure()
    {
        _trouble.Ended([_probe], [], isGoingBack: false, _start);
        _trouble.TryTake([_probe], isGoingBack: false, _start);

        Assert.False(_trouble.TryTake([_probe], isGoingBack: false, _start + TimeSpan.FromSeconds(1)));
        Assert.Equal(Reasons.DriverNotBound, Assert.Single(_trouble.Findings).Reason);
        Assert.Equal(_start + TimeSpan.FromSeconds(2), _trouble.RetryAt(isGoingBack: false));
    }

    [Fact]
    public void Other_steps_are_not_held()
    {
        _trouble.Ended([_probe], [], isGoingBack: false, _start);
        _trouble.TryTake([_probe], isGoingBack: false, _start);

        Assert.True(_trouble.TryTake([new SetNumVfs(_pf, 4)], isGoingBack: false, _start));
    }

    [Fact]
    public void The_way_back_only_waits_until_it_has_settled()
    {
        for (int time = 0; time < 4; time++)
            _trouble.Ended([], [new Failure(_probe, new Finding(Reasons.DriverBusy, "busy"))], isGoingBack: false, _start);
        Assert.False(_trouble.TryTake([_probe], isGoingBack: false, _start));
        Assert.True(_trouble.TryTake([_probe], isGoingBack: true, _start));

        _trouble.Ended([_probe], [], isGoingBack: true, _start);

        Assert.False(_trouble.TryTake([_probe], isGoingBack: true, _start));
        Assert.Equal(_start + TimeSpan.FromSeconds(1), _trouble.RetryAt(isGoingBack: true));
        Assert.Equal(_start + TimeSpan.FromSeconds(8), _trouble.RetryAt(isGoingBack: false));
    }

    [Fact]
    public void A_step_of_the_way_back_that_had_no_effect_is_not_taken_again()
    {
        _trouble.Ended([_probe], [], isGoingBack: true, _start);

        Assert.False(_trouble.TryTake([_probe], isGoingBack: true, _start + TimeSpan.FromSeconds(1)));
        Assert.Equal([_probe], _trouble.TakeFailed());
    }

    [Fact]
    public void A_change_that_was_regretted_is_not_made_again_though_the_way_back_has_taken_one_of_its_steps()
    {
        _trouble.Regret(new Finding(Reasons.NotConfirmed, "the broker has not answered"));
        _trouble.Ended([_probe], [], isGoingBack: true, _start);
        _trouble.WentBack(new Finding(Reasons.RolledBack, "as before"), _start);

        DateTimeOffset later = _start + TimeSpan.FromDays(1);
        Assert.False(_trouble.TryTake([_probe, new SetNumVfs(_pf, 4)], isGoingBack: false, later));
        Assert.False(_trouble.TryTake([_probe, new SetNumVfs(_pf, 4)], isGoingBack: false, later + TimeSpan.FromDays(1)));
        Assert.DoesNotContain(_trouble.Findings, finding => finding.Reason == Reasons.NoEffect);
    }

    [Fact]
    public void That_a_change_was_regretted_is_still_said_after_a_look_has_failed()
    {
        var regret = new Finding(Reasons.NotConfirmed, "the broker has not answered");
        _trouble.Regret(regret);

        _trouble.Ended([], [new Failure(null, new Finding(Reasons.KernelRefused, "read: ENOMEM"))], isGoingBack: false, _start);

        Assert.Equal([regret], _trouble.Findings);
    }
}
