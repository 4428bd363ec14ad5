using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.State;

namespace VfAgent.Reconcile.Undo;

/// <summary>
/// What is on disk of a PF's change that has to be confirmed, so that an agent that ends before it is leaves the next one what to undo. It is written
/// before the change is made, and removed after it is confirmed.
/// <para>
/// A reboot makes no difference. It has reset the NIC, but the wish is still there, and in force again it would cut the host off as before.
/// </para>
/// </summary>
/// <param name="pf">Which.</param>
/// <param name="onDisk">What an earlier run has left; null when nothing.</param>
internal sealed class ChangeRecord(PciAddress pf, UnconfirmedChange? onDisk)
{
    // A disk that refuses is asked again, and nothing waits for it.
    private readonly Recheck _retry = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    private UnconfirmedChange? _onDisk = onDisk;
    private UnconfirmedChange? _wanted = onDisk;
    private UnconfirmedChange? _left = onDisk;
    private bool _isDoubtful;

    /// <summary>What the PF is to be again if the change has to be undone; null when none is recorded.</summary>
    public PfTarget? Before => _wanted?.Before;

    /// <summary>When a refused write is due again; null when none is.</summary>
    public DateTimeOffset? RetryAt => _retry.NextAt;

    /// <summary>What the disk has to be told now; null when it holds what it should, or is not to be asked yet.</summary>
    public Step? DueStep(DateTimeOffset now) => _retry.NextAt > now ? null : Step;

    private Step? Step => ReferenceEquals(_wanted, _onDisk) && !_isDoubtful ? null : _wanted is null ? new DropChange(pf) : new RecordChange(_wanted);

    /// <summary>What an earlier run has left, if it was for these wishes; only once, and only to the first that are there.</summary>
    public UnconfirmedChange? Take(IEnumerable<ResourceSpec> wishes)
    {
        UnconfirmedChange? left = _left is not null && _left.Wishes.SequenceEqual(WishDigest.Of(wishes)) ? _left : null;
        _left = null;
        return left;
    }

    /// <summary>Whether something was recorded for wishes that are still there, whatever else is.</summary>
    public bool IsStillFor(DesiredState desired) => _wanted is not null && WishDigest.AreIn(desired, _wanted.Wishes);

    /// <summary>A change is about to be made.</summary>
    /// <param name="before">What the PF is to be again if it has to be undone.</param>
    /// <param name="wishes">What it is for.</param>
    /// <param name="isAwaited">Whether an earlier one is not confirmed yet: the host was reached before that.</param>
    /// <returns>What has to be on disk before; none when it is.</returns>
    public IEnumerable<Step> Keep(PfTarget before, IEnumerable<ResourceSpec> wishes, bool isAwaited)
    {
        ImmutableSortedDictionary<string, string> digests = WishDigest.Of(wishes);
        PfTarget way = isAwaited && _wanted is not null ? _wanted.Before : before;
        if (_wanted is null || !ReferenceEquals(_wanted.Before, way) || !_wanted.Wishes.SequenceEqual(digests))
            _wanted = new UnconfirmedChange(way, digests);
        return Step is { } step ? [step] : [];
    }

    /// <summary>The change has cut the host off.</summary>
    public void Regret() => _wanted = _wanted is null or { IsRegretted: true } ? _wanted : _wanted with { IsRegretted = true };

    /// <summary>There is nothing to undo any more.</summary>
    public void Drop() => (_wanted, _left) = (null, null);

    /// <summary>A run has ended.</summary>
    public void Ended(PfRun run, DateTimeOffset now)
    {
        foreach (Step step in run.Done.Where(IsAboutIt))
        {
            (_onDisk, _isDoubtful) = ((step as RecordChange)?.Change, false);
            _retry.Reset();
        }

        // It may be on disk all the same, when it is the folder's sync that has failed.
        if (!run.Failures.Any(failure => IsAboutIt(failure.Step)))
            return;

        _isDoubtful = true;
        _retry.Begin(now);
        _retry.Want(now);
    }

    private static bool IsAboutIt(Step? step) => step is RecordChange or DropChange;
}
