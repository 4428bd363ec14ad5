using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Reconcile;

namespace VfAgent.Tests.Reconcile;

public sealed class ContentionTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly Step _mtu = new SetMtu(_pf, "eth3", 4, 1500);

    private readonly Contention _contention = new();

    [Fact]
    public void The_third_time_in_a_minute_is_a_fight_and_names_what_is_fought_over()
    {
        Assert.Null(_contention.Note([_mtu], At(0)));
        Assert.Null(_contention.Note([_mtu], At(20)));

        Finding? finding = _contention.Note([new SetNumVfs(_pf, 4), _mtu], At(59));

        Assert.Equal(Reasons.Contended, finding!.Reason);
        Assert.Contains("set eth3 mtu to 1500", finding.Message, StringComparison.Ordinal);
        Assert.Equal(At(119), _contention.Until);
    }

    [Fact]
    public void Three_times_in_more_than_a_minute_are_none()
    {
        _contention.Note([_mtu], At(0));
        _contention.Note([_mtu], At(40));

        Assert.Null(_contention.Note([_mtu], At(61)));
    }

    [Fact]
    public void Different_things_are_none()
    {
        _contention.Note([_mtu], At(0));
        _contention.Note([new SetNumVfs(_pf, 4)], At(1));

        Assert.Null(_contention.Note([_mtu], At(2)));
    }

    [Fact]
    public void Each_fight_is_left_alone_for_longer_than_the_one_before()
    {
        Fight(0);
        Fight(100);

        Assert.Equal(At(102 + 120), _contention.Until);
    }

    [Fact]
    public void While_it_is_let_be_each_change_says_so_and_counts_for_nothing()
    {
        Fight(0);

        Finding? still = _contention.Note([_mtu], At(30));

        Assert.Equal(Reasons.Contended, still!.Reason);
        Assert.Equal(At(62), _contention.Until);
        Assert.Null(_contention.Note([_mtu], At(62)));
        Assert.Null(_contention.Note([_mtu], At(63)));
    }

    [Fact]
    public void What_was_put_right_under_an_earlier_wish_does_not_count()
    {
        _contention.Note([_mtu], At(0));
        _contention.Note([_mtu], At(1));

        _contention.Clear();

        Assert.Null(_contention.Note([_mtu], At(2)));
    }

    private void Fight(int seconds)
    {
        for (int i = 0; i < 3; i++)
            _contention.Note([_mtu], At(seconds + i));
    }

    private static DateTimeOffset At(int seconds) => _start + TimeSpan.FromSeconds(seconds);
}
