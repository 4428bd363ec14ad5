using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Mqtt;
using VfAgent.Reconcile.Undo;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// One PF's own line of work: when it is looked at, when its steps are taken, and what has become of them. PFs do not wait for each other, and one
/// whose driver hangs is left alone until it comes back.
/// </summary>
internal sealed class PfLane
{
    // VFs come in bursts of events; one look for each burst is enough.
    private static readonly TimeSpan _burst = TimeSpan.FromMilliseconds(20);

    private readonly PfWork _work;
    private readonly EventLog _events;
    private readonly Action<PfLane, PfRun> _ended;
    private readonly Action<Exception> _faulted;
    private readonly Trouble _trouble = new();
    private readonly Trouble _leases = new();
    private readonly Recheck _recheck = new(Deadlines.FirstRecheck, Deadlines.LongestRecheck);

    // Between others' changes of the PF, and between wishes: a broker delivers all versions that it has kept, and only the last is worth a change.
    private readonly Lull _rest = new(Deadlines.Rest, Deadlines.LongestRest);
    private readonly Lull _wish = new(Deadlines.Wish, Deadlines.LongestWish);
    private DateTimeOffset? _dirtySince;
    private DateTimeOffset? _waitingSince;
    private DateTimeOffset _vfsMadeAt;
    private Finding? _unseen;
    private bool _isRecording;
    private ImmutableArray<Step> _underWay = [];

    /// <param name="pf">Which.</param>
    /// <param name="unconfirmed">A change of it that an earlier run of the agent has left unconfirmed; null when there is none.</param>
    /// <param name="work">What is done with it.</param>
    /// <param name="broker">Whether it can be reached.</param>
    /// <param name="events">Where it is told.</param>
    /// <param name="replan">Called when another plan would come of what there is now.</param>
    /// <param name="ended">Given the report of each run; twice when the kernel hangs.</param>
    /// <param name="faulted">Given a bug.</param>
    public PfLane(
        PciAddress pf, UnconfirmedChange? unconfirmed, PfWork work, BrokerContact broker, EventLog events, Action replan, Action<PfLane, PfRun> ended,
        Action<Exception> faulted)
    {
        (Pf, _work, _events, _ended, _faulted) = (pf, work, events, ended, faulted);
        Back = new WayBack(pf, unconfirmed, _trouble, broker, events, replan);
    }

    public PciAddress Pf { get; }

    /// <summary>The way back from its last change.</summary>
    public WayBack Back { get; }

    /// <summary>A run is under way; of the PF only what its end reports is known.</summary>
    public bool Busy { get; private set; }

    /// <summary>It is one that the kernel has not answered in time.</summary>
    public bool IsHung { get; private set; }

    /// <summary>Whether the PF was looked at since the start.</summary>
    public bool Seen { get; private set; }

    // What is under way undoes what containers have left.
    private bool IsSettling => _underWay is [SettleLease, ..];

    /// <summary>What is wrong here, besides what the plan says.</summary>
    public ImmutableArray<Finding> Findings(PfPlan? plan)
    {
        ImmutableArray<Finding> findings = [.. _trouble.Findings, .. _leases.Findings];
        if (_unseen is not null && !findings.Contains(_unseen))
            findings = [_unseen, .. findings];

        // A wish that was taken back comes true in a picture that the steps under way for the other one have made an old one.
        bool isOutdated = !_underWay.IsEmpty && plan is { Steps.IsEmpty: true };
        return isOutdated ? findings.Add(new Finding(Reasons.Applying, string.Join("; ", _underWay))) : findings;
    }

    /// <summary>Something has changed: it is looked at when the burst is over.</summary>
    public void Touch(DateTimeOffset now) => _dirtySince ??= now;

    /// <summary>It is looked at, whatever was seen of it.</summary>
    public void TouchAtOnce() => _dirtySince = DateTimeOffset.MinValue;

    /// <summary>Whether to look again at what no event tells of.</summary>
    public bool IsRecheckDue(DateTimeOffset now) => !Busy && _recheck.IsDue(now);

    public bool IsLookDue(DateTimeOffset now) => !Busy && (_dirtySince + _burst <= now || _recheck.IsDue(now));

    /// <summary>Whether the kernel may still be about to bind the VFs' drivers.</summary>
    public bool VfsAreNew(DateTimeOffset now) => now - _vfsMadeAt < Deadlines.Bind;

    /// <summary>When something is due here by itself; null when nothing is.</summary>
    public DateTimeOffset? NextAt(DateTimeOffset now)
    {
        return Busy
            ? null
            : new[]
            {
                _dirtySince + _burst, _recheck.NextAt, Ahead(_rest.EndsAt), Ahead(_wish.EndsAt), Ahead(Back.AnswerAt), Ahead(Back.RecordAt),
                Ahead(_trouble.RetryAt(Back.IsTaken)), Ahead(_leases.RetryAt(isGoingBack: false)),
            }.Min();

        // What was due before waits for something else.
        DateTimeOffset? Ahead(DateTimeOffset? due) => due > now ? due : null;
    }

    /// <param name="steps">What to do; none just looks.</param>
    /// <param name="planned">The PF as the steps were planned for it; null for a look.</param>
    /// <param name="now">When.</param>
    /// <param name="hasWayBack">Whether the PF is to be what it is now if the steps fail.</param>
    public void Start(ImmutableArray<Step> steps, PhysicalFunction? planned, DateTimeOffset now, bool hasWayBack = true)
    {
        Begin(now, isRecording: false);
        _underWay = steps;
        if (planned is not null && hasWayBack && !IsSettling)
            steps = Back.Prepare(planned, steps);

        _ = RunAsync(steps, planned);
    }

    /// <summary>Writes or removes the record of a change, if that is due.</summary>
    public void StartRecord(DateTimeOffset now)
    {
        if (Busy || Back.DueRecord(now) is not { } step)
            return;

        Begin(now, isRecording: true);
        _ = RunAsync([step], null);
    }

    /// <summary>The loop takes a run's report.</summary>
    public void Take(PfRun run, DateTimeOffset now)
    {
        Seen = true;
        (Busy, IsHung) = (run.Hung, run.Hung);
        Back.Recorded(run, now);
        if (run.Done.Any(step => step is SetNumVfs { NumVfs: > 0 }))
            _vfsMadeAt = now;
        bool hasTried = !run.Done.IsEmpty || !run.Failures.IsEmpty;
        if (hasTried && IsSettling)
            _leases.Ended(run.Done, run.Failures, isGoingBack: false, now);
        else if (hasTried && !_isRecording)
        {
            _trouble.Ended(run.Done, run.Failures, Back.IsTaken, now);
            Back.Changed(run, now);
        }

        if (!Busy)
            _underWay = [];
        if (run is { Seen: null, Hung: false })
            _recheck.Want(now);
        if (run.Seen is not null)
            _unseen = null;
        else if (!run.Failures.IsEmpty)
            _unseen = run.Failures[^1].Finding;
    }

    /// <summary>What is seen of it is another thing than before: whoever waits for more need not wait long.</summary>
    /// <param name="byOthers">It was not the agent that has changed it.</param>
    /// <param name="now">When.</param>
    public void Changed(bool byOthers, DateTimeOffset now)
    {
        _recheck.Reset();
        if (byOthers)
            _rest.Begin(now);
    }

    /// <summary>
    /// A new wish is a new chance, and needs no way back from the old one. The first is not new if an earlier run of the agent has left a change for it.
    /// </summary>
    /// <returns>Whether it is new.</returns>
    public bool About(IReadOnlyList<ResourceSpec?> wishes, DateTimeOffset now)
    {
        if (!_trouble.About([.. wishes]))
            return false;

        _wish.Begin(now);
        return Back.About([.. wishes.OfType<ResourceSpec>()], now);
    }

    /// <summary>The loop has made a plan: notes how long it has been waiting, or in trouble, and when to look again.</summary>
    /// <returns>Those of the plan's steps that are to be taken now.</returns>
    public ImmutableArray<Step> Judge(PfPlan plan, HostSnapshot host, DateTimeOffset now)
    {
        if (!Back.Stands(plan, now) || _unseen is not null)
            return [];

        // Also on a NIC that is left alone. What else there is to do is planned anew then.
        if (MaySettle(plan.Leases, now))
            return plan.Leases;

        return MayChange(plan, host, now) ? plan.Changes : [];
    }

    private bool MaySettle(ImmutableArray<Step> leases, DateTimeOffset now)
    {
        if (!leases.IsEmpty)
            return now >= _rest.EndsAt && _leases.TryTake(leases, isGoingBack: false, now);

        _leases.Rest();
        return false;
    }

    private bool MayChange(PfPlan plan, HostSnapshot host, DateTimeOffset now)
    {
        ImmutableArray<Step> steps = plan.Changes;

        // The PF is as it is wished to be, whatever is left to do to its VFs.
        if (!steps.Any(step => step.ChangesPf) && !Has(plan, Reasons.WaitingForKernel))
            Back.Rest();

        bool isWaiting = steps.IsEmpty && Has(plan, Reasons.WaitingForKernel);
        if (WaitsForUse(plan, host))
            _recheck.Want(now, Deadlines.UseRecheck);
        else if (isWaiting || Has(plan, Reasons.ManagementNic))
            _recheck.Want(now);
        else
            _recheck.Reset();

        if ((plan.WantsRest && now < _rest.EndsAt) || (!Back.IsTaken && now < _wish.EndsAt))
            return false;

        _waitingSince = isWaiting ? _waitingSince ?? now : null;
        if (!steps.IsEmpty)
        {
            bool may = _trouble.TryTake(steps, Back.IsTaken, now);
            Back.TakeIfFailed(now);
            return may && Back.Allows(host.Pfs.GetValueOrDefault(Pf), steps, now);
        }

        // What cannot be done now either is no less regretted.
        if (!Back.IsTaken && _trouble.IsRegretted && plan.Findings.Any(finding => finding.Vf is null))
            return false;

        if (Back.IsTaken)
        {
            if (!(now - _waitingSince < Deadlines.Appear))
                Back.Arrive(plan, now);
        }
        else if (_waitingSince is { } since)
            _trouble.Waited(since, plan.Findings, now);
        else
        {
            _trouble.Rest();
        }

        return false;
    }

    private void Begin(DateTimeOffset now, bool isRecording)
    {
        (Busy, _isRecording, _dirtySince) = (true, isRecording, null);
        _recheck.Begin(now);
    }

    // For somebody whose use ends unheard: a process that closes a device, a runtime that drops a record.
    private static bool WaitsForUse(PfPlan plan, HostSnapshot host) =>
        Has(plan, Reasons.VfsInUse) && VfUse.Of(host.Pfs[plan.Pf], host).Any(user => !user.EndIsSeen);

    private static bool Has(PfPlan plan, Reason reason) => plan.Findings.Any(finding => finding.Reason == reason);

    private async Task RunAsync(ImmutableArray<Step> steps, PhysicalFunction? planned)
    {
        try
        {
            (PfRun run, Task? hung) = await _work.RunAsync(Pf, steps, planned);
            _ended(this, run);
            if (hung is null)
                return;

            // Reported twice: just now, so that the status says it, and when the driver comes back, so that the PF is looked at again. That it
            // failed is not said twice: the second failure would be that of the way back.
            _events.Error(Pf.ToString(), "KernelTimeout", run.Failures[^1].Finding.Message);
            await Worker.ReturnOf(hung);
            _ended(this, run with { Done = [], Failures = [], Refused = [], Hung = false });
        }
        catch (Exception exception)
        {
            _faulted(exception);
        }
    }
}
