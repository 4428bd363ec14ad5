using Microsoft.Extensions.Logging.Abstractions;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Mqtt;
using VfAgent.Reconcile;
using VfAgent.State;
using VfAgent.Status;
using VfAgent.Tests.Doctor;

namespace VfAgent.Tests.Reconcile;

/// <summary>When a lane looks again and takes steps, at times that the test says.</summary>
public sealed class PfLaneTests : IDisposable
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");

    private readonly Patient _host = new();
    private readonly PfLane _lane;
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private PhysicalFunction? _seen;
    private int _replans;

    public PfLaneTests()
    {
        _lane = NewLane(null);
        _lane.Start([], null, _now);
    }

    public void Dispose() => _host.Dispose();

    [Fact]
    public void While_a_process_blocks_a_change_the_nic_is_looked_at_once_a_second_however_long_it_takes()
    {
        var vf = new VirtualFunction(0, PciAddress.Parse("0000:02:10.0"), "8086", "10ca", "vfio-pci", "vfio-pci", null, new IommuGroup(7));
        _seen = _seen! with { Vfs = [vf with { OpenedBy = "process 7 (qemu)" }] };

        Assert.Equal([0.5, 1, 1, 1, 1], Waits(Reasons.VfsInUse, looks: 5));
    }

    [Fact]
    public void Other_waiting_backs_off() => Assert.Equal([0.5, 1, 2, 4, 8, 10, 10], Waits(Reasons.ManagementNic, looks: 7));

    [Fact]
    public void A_change_without_effect_asks_at_once_for_the_plan_of_the_way_back()
    {
        TakeInVain(new SetNumVfs(_pf, 0));

        Assert.Equal(1, _replans);
        Assert.Equal(PfTarget.Of(_seen!).ToString(), _lane.Back.Target?.ToString());
        Assert.Equal(Reasons.NoEffect, Assert.Single(_lane.Findings(null)).Reason);
    }

    [Fact]
    public void A_way_back_without_effect_is_given_up_and_none_of_it_is_taken_again()
    {
        TakeInVain(new SetNumVfs(_pf, 0));

        TakeInVain(new SetMtu(_pf, "eth3", _seen!.Netdev!.IfIndex, 1400));

        Assert.Equal(2, _replans);
        Assert.Null(_lane.Back.Target);
        Assert.Contains(_lane.Findings(null), finding => finding.Reason == Reasons.RollbackFailed);
    }

    [Fact]
    public void A_change_that_was_regretted_is_so_while_something_else_blocks_it_too()
    {
        PfLane lane = Regretted(out ResourceSpec wish);
        HostSnapshot host = HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(_pf, _seen!) };
        Assert.Empty(lane.Judge(new PfPlan(_pf, ["r"], [], [new Finding(Reasons.VfsInUse, "")]), host, _now));

        Assert.Empty(lane.Judge(new PfPlan(_pf, ["r"], [new SetNumVfs(_pf, 4)], []), host, _now.AddDays(1)));
        Assert.Contains(lane.Findings(null), finding => finding.Reason == Reasons.NotConfirmed);
        Assert.True(lane.About([wish with { Generation = 2 }], _now));
        Assert.NotEmpty(lane.Judge(new PfPlan(_pf, ["r"], [new SetNumVfs(_pf, 4)], []), host, _now.AddDays(1)));
    }

    [Fact]
    public void What_a_container_has_left_is_undone_though_a_change_was_regretted()
    {
        PfLane lane = Regretted(out _);
        var lease = new Lease(PciAddress.Parse("0000:02:10.0"), 1, "web", "", "pool", "/run/netns/web", 1, "eth0");
        Step[] steps = [new SettleLease(new VfId(_pf, 0), lease), new SetNumVfs(_pf, 4)];

        Assert.Equal(steps[..1], lane.Judge(new PfPlan(_pf, ["r"], [.. steps], []), HostSnapshot.Empty, _now.AddDays(1)));
        Assert.Contains(lane.Findings(null), finding => finding.Reason == Reasons.NotConfirmed);
    }

    [Fact]
    public void Settings_wait_for_a_moment_of_rest_but_not_for_ever()
    {
        var plan = new PfPlan(_pf, ["r"], [new SetVf("eth3", new VfRequest(new VfId(_pf, 0), 4, new VfTrust(true)))], []);
        DateTimeOffset begun = _now;
        _lane.Changed(byOthers: true, _now);
        while (_lane.Judge(plan, HostSnapshot.Empty, _now).IsEmpty)
        {
            _lane.Changed(byOthers: true, _now);
            _now += TimeSpan.FromMilliseconds(300);
            Assert.InRange((_now - begun).TotalSeconds, 0, 3);
        }

        Assert.InRange((_now - begun).TotalSeconds, 2, 3);
    }

    // A change that an earlier run of the agent has made and regretted, of a PF that is as it was already.
    private PfLane Regretted(out ResourceSpec wish)
    {
        wish = new ResourceSpec("r", 0, 4, false, new NicSelector([], [], [], []), DeviceTypes.NetDevice);
        PfLane lane = NewLane(new UnconfirmedChange(PfTarget.Of(_seen!), WishDigest.Of([wish])) { IsRegretted = true });
        lane.Start([], null, _now);
        Assert.False(lane.About([wish], _now));
        Assert.True(lane.Back.IsForced);

        Assert.Empty(lane.Judge(new PfPlan(_pf, ["r"], [], []), HostSnapshot.Empty, _now));
        Assert.False(lane.Back.IsForced);
        return lane;
    }

    private PfLane NewLane(UnconfirmedChange? unconfirmed)
    {
        var files = new DurableFiles(_host.Disk);
        var features = new FeatureReader(_host.Kernel, Patient.Paths);
        var events = new EventLog(TimeProvider.System, "", _ => { }, NullLogger<EventLog>.Instance);
        VfReturn back = new VfLending(_host.Kernel, files, Patient.Paths).Return;
        var runner = new StepRunner(_host.Kernel, files, new LedgerFiles(files, "/var/lib/vfagent"), back, features, Patient.Paths);
        var work = new PfWork(new PfReader(_host.Kernel, Patient.Paths), features, runner, new Worker(_host.Kernel, TimeProvider.System), TimeProvider.System, events);
        return new PfLane(_pf, unconfirmed, work, new BrokerContact(() => { }), events, () => _replans++, Take, exception => throw exception);
    }

    private void Take(PfLane lane, PfRun run)
    {
        _seen = run.Seen?.Pf;
        lane.Take(run, _now);
    }

    // It reports success, and is planned again when that has settled.
    private void TakeInVain(Step step)
    {
        var plan = new PfPlan(_pf, ["r"], [step], []);
        Assert.NotEmpty(_lane.Judge(plan, HostSnapshot.Empty, _now));
        _lane.Start([step], _seen, _now);
        _now += TimeSpan.FromSeconds(2);
        Assert.Empty(_lane.Judge(plan, HostSnapshot.Empty, _now));
    }

    // How long it is until the next look, each time that one has shown the same.
    private IEnumerable<double> Waits(Reason why, int looks)
    {
        HostSnapshot host = HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(_pf, _seen!) };
        for (int look = 0; look < looks; look++)
        {
            Assert.Empty(_lane.Judge(new PfPlan(_pf, ["r"], [], [new Finding(why, "")]), host, _now));
            DateTimeOffset next = _lane.NextAt(_now)!.Value;
            yield return (next - _now).TotalSeconds;
            _now = next;
            Assert.True(_lane.IsRecheckDue(_now));
            _lane.Start([], null, _now);
        }
    }
}
