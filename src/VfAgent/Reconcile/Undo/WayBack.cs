using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Mqtt;
using VfAgent.Status;

namespace VfAgent.Reconcile.Undo;

/// <summary>
/// The way back from a PF's change that fails or cuts the host off. It is prepared before the change is made, taken once, and gone when the change
/// stands.
/// </summary>
/// <param name="pf">Which.</param>
/// <param name="unconfirmed">A change of it that an earlier run of the agent has left unconfirmed; null when there is none.</param>
/// <param name="trouble">What went wrong with the PF, which is what the way back is for.</param>
/// <param name="broker">Whether it can be reached.</param>
/// <param name="events">Where it is told.</param>
/// <param name="replan">Called when another plan would come of what there is now.</param>
internal sealed class WayBack(
    PciAddress pf, UnconfirmedChange? unconfirmed, Trouble trouble, BrokerContact broker, EventLog events, Action replan)
{
    private readonly Rollback _rollback = new();
    private readonly Confirmation _confirmation = new(broker);
    private readonly ChangeRecord _record = new(pf, unconfirmed);
    private ImmutableArray<ResourceSpec> _wishes = [];

    /// <summary>What the PF has to be again; null when the way back is not being taken.</summary>
    public PfTarget? Target => _rollback.Target;

    /// <summary>It is being taken.</summary>
    public bool IsTaken => _rollback.Target is not null;

    /// <summary>It is being taken though the PF is as it is wished to be.</summary>
    public bool IsForced => _rollback.IsForced;

    /// <summary>Whether the host is cut off is still to be seen, or to be mended, whatever is wished for.</summary>
    public bool IsOpen => _confirmation.IsPending || _rollback.IsForced;

    /// <summary>When there is something to see of the broker's answer; null when it is not awaited.</summary>
    public DateTimeOffset? AnswerAt => _confirmation.NextAt;

    /// <summary>When the disk, which has refused, is asked again; null when it has not.</summary>
    public DateTimeOffset? RecordAt => _record.RetryAt;

    /// <summary>What the disk has to be told now of it; null when there is nothing.</summary>
    public Step? DueRecord(DateTimeOffset now) => _record.DueStep(now);

    /// <summary>A change is about to be made.</summary>
    /// <param name="planned">The PF as the steps were planned for it.</param>
    /// <param name="steps">What they are.</param>
    /// <returns>The steps, after what has to be on disk before them.</returns>
    public ImmutableArray<Step> Prepare(PhysicalFunction planned, ImmutableArray<Step> steps)
    {
        _rollback.Begin(planned);
        if (!IsTaken && _confirmation.Begin(planned, steps))
            return [.. _record.Keep(_rollback.Before!, _wishes, _confirmation is { IsAwaited: true, IsAnswered: false }), .. steps];

        return steps;
    }

    /// <summary>A run has told what became of the record.</summary>
    public void Recorded(PfRun run, DateTimeOffset now) => _record.Ended(run, now);

    /// <summary>A run has tried to change the PF.</summary>
    public void Changed(PfRun run, DateTimeOffset now)
    {
        Step[] tried = [.. run.Done, .. run.Failures.Select(failure => failure.Step).OfType<Step>()];
        _rollback.Changed(tried);
        TakeIfFailed(now);
        _confirmation.Changed(tried, now);
    }

    /// <summary>After a failure, the PF is to be brought back to what it was.</summary>
    public void TakeIfFailed(DateTimeOffset now)
    {
        ImmutableArray<Step> failed = trouble.TakeFailed();
        if (failed.IsEmpty)
            return;

        bool gaveUp = _rollback.Fail(failed);
        if (gaveUp)
            GiveUp(now);
        if (gaveUp || IsTaken)
            replan();
    }

    /// <summary>There are other wishes than before.</summary>
    /// <returns>Whether they are new. The first are not, if an earlier run of the agent has left a change for them.</returns>
    public bool About(ImmutableArray<ResourceSpec> wishes, DateTimeOffset now)
    {
        _wishes = wishes;
        if (_record.Take(wishes) is { } left)
        {
            Resume(left, now);
            return false;
        }

        // Whether the host was cut off by what was done for the old wish is still to be seen.
        if (_confirmation.IsAwaited)
        {
            _rollback.End();
            _confirmation.Renew();
        }
        else
            End();

        return true;
    }

    /// <summary>
    /// Nothing is planned for the PF. It may only be out of its resources' sight for a moment, as while its netdev is being renamed; and a change that was
    /// made for a resource which has turned to other NICs has cut the host off all the same.
    /// </summary>
    public void Unplanned(DesiredState desired)
    {
        if (!IsOpen && !_record.IsStillFor(desired))
            End();
    }

    /// <summary>Whether the change stands, as far as is known; if it does not, the way back is taken.</summary>
    public bool Stands(PfPlan plan, DateTimeOffset now)
    {
        if (!_confirmation.Consider(plan.Steps, now, AskTheBroker) && _record.Before is { } before)
        {
            Undo(before);
            return false;
        }

        if (!_confirmation.IsAwaited && !trouble.IsRegretted)
            _record.Drop();
        return true;
    }

    /// <summary>Whether steps may be taken now that the NIC may be lost by.</summary>
    public bool Allows(PhysicalFunction? planned, ImmutableArray<Step> steps, DateTimeOffset now) =>
        IsTaken || _confirmation.Allows(planned, steps, now);

    /// <summary>The PF is as it is wished to be: that is what the next change goes back to when it fails.</summary>
    public void Rest()
    {
        if (!IsTaken)
            _rollback.End();
    }

    /// <summary>Nothing is left to do on the way back. The plan for the wish is another one.</summary>
    public void Arrive(PfPlan plan, DateTimeOffset now)
    {
        // What is said of one VF is that VF's trouble: the rest of the PF is as it was.
        Finding[] blocked = [.. plan.Findings.Where(finding => finding.Vf is null)];
        if (blocked.Length > 0)
            GiveUp(now, blocked);
        else if (_rollback.HasBegun || _rollback.IsForced)
        {
            var finding = new Finding(Reasons.RolledBack, $"{pf} is as it was before: {_rollback.Target}");
            trouble.WentBack(finding, now);
            if (_rollback.HasBegun)
                events.Warn(pf.ToString(), "RolledBack", finding.Message);
        }

        _rollback.End();
        replan();
    }

    /// <summary>None is needed: what is wished for has come true meanwhile, or is not wished for any more.</summary>
    public void End()
    {
        _rollback.End();
        _confirmation.End();
        _record.Drop();
    }

    // An event is acknowledged, if the broker is there to do so.
    private void AskTheBroker() =>
        events.Info(pf.ToString(), "BrokerAwaited", "the host is managed over it; the change stands if the broker answers");

    // What an earlier run has done, or was about to do.
    private void Resume(UnconfirmedChange change, DateTimeOffset now)
    {
        if (change.IsRegretted)
            Undo(change.Before);
        else
            _confirmation.Resume(now);
    }

    // What was done has cut the host off.
    private void Undo(PfTarget before)
    {
        var finding = new Finding(Reasons.NotConfirmed, $"the broker, which the host reaches over {pf}, has not answered since it was changed");
        trouble.Regret(finding);
        events.Error(pf.ToString(), "NotConfirmed", finding.Message);
        _rollback.Undo(before);
        _record.Regret();
        replan();
    }

    private void GiveUp(DateTimeOffset now, params Finding[] blocked)
    {
        _rollback.End();
        string why = blocked.Length == 0 ? "" : $": {string.Join("; ", blocked.Select(finding => finding.Message))}";
        var finding = new Finding(Reasons.RollbackFailed, $"{pf} could not be brought back to what it was before{why}");
        trouble.WentBack(finding, now);
        events.Error(pf.ToString(), "RollbackFailed", finding.Message);
    }
}
