using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Mqtt;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// One PF's own line of work: when it is looked at, when its steps are taken, and what has become of them. PFs do not wait for each other, and one
/// whose driver hangs is left alone until it comes back.
/// </summary>
/// <param name="pf">Which.</param>
/// <param name="unconfirmed">A change of it that an earlier run of the agent has left unconfirmed; null when there is none.</param>
/// <param name="work">What is done with it.</param>
/// <param name="broker">Whether it can be reached.</param>
/// <param name="events">Where it is told.</param>
/// <param name="replan">Called when another plan would come of what there is now.</param>
/// <param name="ended">Given the report of each run; twice when the kernel hangs.</param>
/// <param name="faulted">Given a bug.</param>
internal sealed class PfLane(
    PciAddress pf, UnconfirmedChange? unconfirmed, PfWork work, BrokerContact broker, EventLog events, Action replan, Action<PfLane, PfRun> ended,
    Action<Exception> faulted)
{
    // VFs come in bursts of events; one look for each burst is enough.
    private static readonly TimeSpan _burst = TimeSpan.FromMilliseconds(20);

    private readonly Trouble _trouble = new();
    private readonly Rollback _rollback = new();
    private readonly Confirmation _confirmation = new(broker);
    private readonly ChangeRecord _record = new(pf, unconfirmed);
    private readonly Recheck _recheck = new(Deadlines.FirstRecheck, Deadlines.LongestRecheck);
    private DateTimeOffset? _dirtySince;
    private DateTimeOffset? _waitingSince;
    private DateTimeOffset _vfsMadeAt;
    private DateTimeOffset _restlessSince;
    private DateTimeOffset _atRestFrom;
    private Finding? _unseen;
    private ImmutableArray<ResourceSpec> _wishes = [];
    private bool _isRecording;
    private ImmutableArray<Step> _underWay = [];

    public PciAddress Pf { get; } = pf;

    /// <summary>A run is under way; of the PF only what its end reports is known.</summary>
    public bool Busy { get; private set; }

    /// <summary>Whether the PF was looked at since the start.</summary>
    public bool Seen { get; private set; }

    /// <summary>What it has to be again after a change that failed; null when it is not being rolled back.</summary>
    public PfTarget? RollbackTarget => _rollback.Target;

    /// <summary>It is being rolled back though it is as it is wished to be.</summary>
    public bool IsUndone => _rollback.IsForced;

    private bool IsGoingBack => _rollback.Target is not null;

    /// <summary>What is wrong here, besides what the plan says.</summary>
    public ImmutableArray<Finding> Findings(PfPlan? plan)
    {
        ImmutableArray<Finding> findings = _unseen is null || _trouble.Findings.Contains(_unseen) ? _trouble.Findings : [_unseen, .. _trouble.Findings];

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
                _dirtySince + _burst, _recheck.NextAt, Ahead(_atRestFrom), Ahead(_confirmation.NextAt), Ahead(_trouble.RetryAt(IsGoingBack)),
                Ahead(_record.RetryAt),
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
        if (planned is not null && hasWayBack)
        {
            _rollback.Begin(planned);
            if (!IsGoingBack && _confirmation.Begin(planned, steps))
                steps = [.. _record.Keep(_rollback.Before!, _wishes), .. steps];
        }

        _ = RunAsync(steps, planned);
    }

    /// <summary>Writes or removes the record of a change, if that is due.</summary>
    public void StartRecord(DateTimeOffset now)
    {
        if (Busy || _record.DueStep(now) is not { } step)
            return;

        Begin(now, isRecording: true);
        _ = RunAsync([step], null);
    }

    /// <summary>The loop takes a run's report.</summary>
    public void Take(PfRun run, DateTimeOffset now)
    {
        Seen = true;
        Busy = run.Hung;
        if (!Busy)
            _underWay = [];
        _record.Ended(run, now);
        if (run.Done.Any(step => step is SetNumVfs { NumVfs: > 0 }))
            _vfsMadeAt = now;
        if (!_isRecording && (!run.Done.IsEmpty || !run.Failures.IsEmpty))
        {
            _trouble.Ended(run.Done, run.Failures, IsGoingBack, now);
            ConsiderRollback(now);
            _confirmation.Changed([.. run.Done, .. run.Failures.Select(failure => failure.Step).OfType<Step>()], now);
        }

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
        if (!byOthers)
            return;

        // Somebody who never lets it rest is not waited for.
        if (now >= _atRestFrom)
            _restlessSince = now;
        _atRestFrom = now + Deadlines.Rest < _restlessSince + Deadlines.LongestRest ? now + Deadlines.Rest : _restlessSince + Deadlines.LongestRest;
    }

    /// <summary>
    /// A new wish is a new chance, and needs no way back from the old one. The first is not new if an earlier run of the agent has left a change for it.
    /// </summary>
    /// <returns>Whether it is new.</returns>
    public bool About(IReadOnlyList<ResourceSpec?> wishes, DateTimeOffset now)
    {
        if (!_trouble.About([.. wishes]))
            return false;

        _wishes = [.. wishes.OfType<ResourceSpec>()];
        if (_record.Take(_wishes) is { } left)
        {
            Resume(left, now);
            return false;
        }

        NeedsNoRollback();
        return true;
    }

    /// <summary>Nothing is planned for it. It may only be out of its resources' sight for a moment, as while its netdev is being renamed.</summary>
    public void Unplanned(DesiredState desired)
    {
        if (!_record.IsStillFor(desired))
            NeedsNoRollback();
    }

    /// <summary>What is wished for has come true meanwhile, or is not wished for any more.</summary>
    public void NeedsNoRollback()
    {
        _rollback.End();
        _confirmation.End();
        _record.Drop();
    }

    /// <summary>The loop has made a plan: notes how long it has been waiting, or in trouble, and when to look again.</summary>
    /// <returns>Whether the plan's steps are to be taken now.</returns>
    public bool Judge(PfPlan plan, HostSnapshot host, DateTimeOffset now)
    {
        if (!_confirmation.Consider(now, AskTheBroker))
        {
            Undo();
            return false;
        }

        if (!_confirmation.IsAwaited && !_trouble.IsRegretted)
            _record.Drop();

        if (_unseen is not null)
            return false;

        bool isWaiting = plan.Steps.IsEmpty && Has(plan, Reasons.WaitingForKernel);
        if (WaitsForUse(plan, host))
            _recheck.Want(now, Deadlines.UseRecheck);
        else if (isWaiting || Has(plan, Reasons.ManagementNic))
            _recheck.Want(now);
        else
            _recheck.Reset();

        if (plan.WantsRest && now < _atRestFrom)
            return false;

        _waitingSince = isWaiting ? _waitingSince ?? now : null;
        if (!plan.Steps.IsEmpty)
        {
            bool may = _trouble.TryTake(plan.Steps, IsGoingBack, now);
            ConsiderRollback(now);
            return may;
        }

        // What cannot be done now either is no less regretted.
        if (!IsGoingBack && _trouble.IsRegretted && plan.Findings.Any(finding => finding.Vf is null))
            return false;

        if (IsGoingBack)
        {
            if (!(now - _waitingSince < Deadlines.Appear))
                EndRollback(plan, now);
        }
        else if (_waitingSince is { } since)
            _trouble.Waited(since, plan.Findings, now);
        else
        {
            _trouble.Rest();
            if (!_confirmation.IsAwaited)
                _rollback.End();
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

    // After a failure: whether the PF is to be brought back to what it was.
    private void ConsiderRollback(DateTimeOffset now)
    {
        ImmutableArray<Step> failed = _trouble.TakeFailed();
        if (failed.IsEmpty)
            return;

        bool gaveUp = _rollback.Fail(failed);
        if (gaveUp)
            GiveUpRollback(now);
        if (gaveUp || IsGoingBack)
            replan();
    }

    // An event is acknowledged, if the broker is there to do so.
    private void AskTheBroker() =>
        events.Info(Pf.ToString(), "BrokerAwaited", "the host is managed over it; the change stands if the broker answers");

    // What an earlier run has done, or was about to do.
    private void Resume(UnconfirmedChange change, DateTimeOffset now)
    {
        _rollback.Resume(change.Before);
        if (change.IsRegretted)
            Undo();
        else
            _confirmation.Resume(now);
    }

    // What was done has cut the host off.
    private void Undo()
    {
        var finding = new Finding(Reasons.NotConfirmed, $"the broker, which the host reaches over {Pf}, has not answered since it was changed");
        _trouble.Regret(finding);
        events.Error(Pf.ToString(), "NotConfirmed", finding.Message);
        _rollback.Undo();
        _record.Regret();
        replan();
    }

    // Nothing is left to do on the way back. The plan for the wish is another one.
    private void EndRollback(PfPlan plan, DateTimeOffset now)
    {
        // What is said of one VF is that VF's trouble: the rest of the PF is as it was.
        if (plan.Findings.Any(finding => finding.Vf is null))
            GiveUpRollback(now);
        else if (_rollback.HasBegun || _rollback.IsForced)
        {
            var finding = new Finding(Reasons.RolledBack, $"{Pf} is as it was before: {_rollback.Target}");
            _trouble.WentBack(finding, now);
            if (_rollback.HasBegun)
                events.Warn(Pf.ToString(), "RolledBack", finding.Message);
        }

        _rollback.End();
        replan();
    }

    private void GiveUpRollback(DateTimeOffset now)
    {
        _rollback.End();
        _trouble.WentBack(new Finding(Reasons.RollbackFailed, $"{Pf} could not be brought back to what it was before"), now);
        events.Error(Pf.ToString(), "RollbackFailed", "it is neither as asked for nor as before");
    }

    private async Task RunAsync(ImmutableArray<Step> steps, PhysicalFunction? planned)
    {
        try
        {
            (PfRun run, Task? hung) = await work.RunAsync(Pf, steps, planned);
            ended(this, run);
            if (hung is null)
                return;

            // Reported twice: just now, so that the status says it, and when the driver comes back, so that the PF is looked at again. That it
            // failed is not said twice: the second failure would be that of the way back.
            events.Error(Pf.ToString(), "KernelTimeout", run.Failures[^1].Finding.Message);
            await Worker.ReturnOf(hung);
            ended(this, run with { Done = [], Failures = [], Refused = [], Hung = false });
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }
}
