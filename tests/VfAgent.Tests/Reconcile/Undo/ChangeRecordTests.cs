using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Reconcile;
using VfAgent.Reconcile.Undo;
using VfAgent.State;

namespace VfAgent.Tests.Reconcile.Undo;

/// <summary>When the record of a change is written and removed.</summary>
public sealed class ChangeRecordTests
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly ResourceSpec _wish = new("a", 0, 4, false, new NicSelector([], [], [], ["eth3"]), DeviceTypes.NetDevice);
    private static readonly PfTarget _before = PfTarget.Before(_pf, 0, 1500, null, ImmutableSortedDictionary<int, VfTarget>.Empty);
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ChangeRecord _record = new(_pf, null);

    [Fact]
    public void It_is_written_once_for_all_steps_of_a_change()
    {
        RecordChange step = Kept();
        Assert.Equal(_before, step.Change.Before);
        Ended(step);

        Assert.Empty(_record.Keep(_before with { NumVfs = 2 }, [_wish], isAwaited: true));
        Assert.Null(_record.DueStep(_now));
    }

    [Fact]
    public void Another_wish_is_recorded_with_what_the_PF_was_before_the_change_for_the_first()
    {
        Ended(Kept());

        var step = Assert.IsType<RecordChange>(Assert.Single(_record.Keep(_before with { NumVfs = 2 }, [_wish with { NumVfs = 5 }], isAwaited: true)));
        Assert.Equal(_before, step.Change.Before);
        Assert.NotEqual(WishDigest.Of([_wish]), step.Change.Wishes);
    }

    [Fact]
    public void A_regret_is_written_and_what_is_confirmed_removed()
    {
        Ended(Kept());
        _record.Regret();
        RecordChange regret = Assert.IsType<RecordChange>(_record.DueStep(_now));
        Assert.True(regret.Change.IsRegretted);
        Ended(regret);
        Assert.Null(_record.DueStep(_now));

        _record.Drop();
        Ended(Assert.IsType<DropChange>(_record.DueStep(_now)));
        Assert.Null(_record.DueStep(_now));
    }

    [Fact]
    public void What_was_never_written_is_not_removed()
    {
        Kept();
        _record.Drop();

        Assert.Null(_record.DueStep(_now));
    }

    [Fact]
    public void A_write_that_failed_may_have_been_made_so_it_is_removed_a_second_later()
    {
        RecordChange step = Kept();
        var finding = new Finding(Reasons.DiskFault, "");
        _record.Ended(new PfRun([], [new Failure(step, finding)], [], null, Hung: false), _now);
        _record.Drop();

        Assert.Null(_record.DueStep(_now));
        Assert.IsType<DropChange>(_record.DueStep(_record.RetryAt!.Value));
        Assert.Equal(_now.AddSeconds(1), _record.RetryAt);
    }

    [Fact]
    public void What_is_left_by_an_earlier_run_is_taken_once_and_by_the_same_wishes_only()
    {
        RecordChange step = Kept();

        Assert.Null(new ChangeRecord(_pf, step.Change).Take([_wish with { NumVfs = 5 }]));
        Assert.Null(new ChangeRecord(_pf, step.Change).Take([_wish, _wish with { Name = "b" }]));
        var record = new ChangeRecord(_pf, step.Change);
        Assert.Same(step.Change, record.Take([_wish with { }]));
        Assert.Null(record.Take([_wish]));
    }

    [Fact]
    public void It_is_about_a_wish_for_as_long_as_that_is_there_and_the_same()
    {
        Kept();

        Assert.True(_record.IsStillFor(Desired(_wish, _wish with { Name = "b" })));
        Assert.False(_record.IsStillFor(Desired(_wish with { Generation = 2 })));
        Assert.False(_record.IsStillFor(DesiredState.Empty));
    }

    private RecordChange Kept() => Assert.IsType<RecordChange>(Assert.Single(_record.Keep(_before, [_wish], isAwaited: false)));

    private void Ended(Step step) => _record.Ended(new PfRun([step], [], [], null, Hung: false), _now);

    private static DesiredState Desired(params ResourceSpec[] wishes) =>
        DesiredState.Empty with { Resources = DesiredState.Empty.Resources.AddRange(wishes.Select(wish => KeyValuePair.Create(wish.Name, wish))) };
}
