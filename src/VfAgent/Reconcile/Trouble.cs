using System.Collections.Immutable;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>What went wrong with one object lately, and when it is tried again.</summary>
internal sealed class Trouble
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

    // What was rolled back takes VFs away when it is tried again, if only for a moment.
    private static readonly TimeSpan _firstAfterRollback = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _longestAfterRollback = TimeSpan.FromMinutes(30);

    // What a step causes may show after its call has returned: a driver is bound once udev has loaded its module.
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(1);

    private readonly Contention _contention = new();
    private object?[] _wishes = [null];
    private bool _atRest;
    private TimeSpan _delay = _first;
    private TimeSpan _delayAfterRollback = _firstAfterRollback;

    // Steps that reported success in the last run: still planned when that has settled, they had no effect.
    private ImmutableHashSet<Step> _done = [];
    private DateTimeOffset _settledAt;
    private DateTimeOffset _failureRetryAt;
    private DateTimeOffset _heldUntil;
    private ImmutableArray<Step> _failed = [];

    public ImmutableArray<Finding> Findings { get; private set; } = [];

    /// <summary>What was done is not to be done again.</summary>
    public bool IsRegretted { get; private set; }

    /// <summary>From when on steps may be taken. The way back only waits until what it has done has settled.</summary>
    public DateTimeOffset RetryAt(bool isGoingBack) => isGoingBack ? _heldUntil : Latest(Latest(_heldUntil, _failureRetryAt), _contention.Until);

    /// <summary>A new wish is a new chance: what failed before says nothing about it.</summary>
    /// <returns>Whether it is new.</returns>
    public bool About(params object?[] wishes)
    {
        if (_wishes.SequenceEqual(wishes, ReferenceEqualityComparer.Instance))
            return false;

        _wishes = wishes;
        Rest();
        _atRest = false;
        _contention.Clear();
        return true;
    }

    /// <summary>All is as it should be.</summary>
    public void Rest()
    {
        _atRest = true;
        (_delay, _delayAfterRollback) = (_first, _firstAfterRollback);
        _done = [];
        _failed = [];
        Findings = [];
        (_failureRetryAt, _heldUntil, IsRegretted) = (default, default, false);
    }

    /// <summary>A run has ended.</summary>
    /// <param name="done">The steps that reported success.</param>
    /// <param name="failures">Those that did not, and what else went wrong.</param>
    /// <param name="isGoingBack">Whether they were those of the way back.</param>
    /// <param name="now">When.</param>
    public void Ended(IEnumerable<Step> done, IReadOnlyList<Failure> failures, bool isGoingBack, DateTimeOffset now)
    {
        _done = failures.Count == 0 ? [.. done] : [];
        _settledAt = now + _settle;
        if (failures.Count > 0)
            Fail(failures, isGoingBack, now);
    }

    /// <summary>The kernel has been about to show something since then: past the deadline that is a failure, though one that may still heal.</summary>
    public void Waited(DateTimeOffset since, ImmutableArray<Finding> waiting, DateTimeOffset now) =>
        Findings = now - since < Deadlines.Appear ? [] : [.. waiting.Select(finding => new Finding(Reasons.VfsMissing, finding.Message))];

    /// <summary>
    /// These steps are planned. If the last run took them, they had no effect, which is a failure; if all was well until now, somebody else has
    /// changed something.
    /// </summary>
    /// <param name="steps">What is to be done.</param>
    /// <param name="isGoingBack">Whether it is the way back.</param>
    /// <param name="now">When.</param>
    /// <returns>Whether they may be taken now.</returns>
    public bool TryTake(ImmutableArray<Step> steps, bool isGoingBack, DateTimeOffset now)
    {
        if (_atRest && _contention.Note(steps, now) is { } fought)
            Findings = [fought];
        _atRest = false;

        ImmutableArray<Step> repeated = [.. steps.Where(_done.Contains)];
        _heldUntil = !repeated.IsEmpty && now < _settledAt ? _settledAt : default;
        if (_heldUntil > now)
            return false;

        _done = [];
        if (repeated.IsEmpty)
            return RetryAt(isGoingBack) <= now;

        Fail([.. repeated.Select(step => new Failure(step, FailureReasons.NoEffect(step)))], isGoingBack, now);
        return false;
    }

    /// <summary>The steps that failed, or had no effect, since this was last asked.</summary>
    public ImmutableArray<Step> TakeFailed()
    {
        ImmutableArray<Step> failed = _failed;
        _failed = [];
        return failed;
    }

    /// <summary>The way back has ended, well or not; the way forth is tried again after a long time.</summary>
    public void WentBack(Finding finding, DateTimeOffset now)
    {
        Findings = Findings.Add(finding);

        // What the way back did is not what the way forth has in vain.
        _done = [];
        RetryAfter(_delayAfterRollback, now);
        _delayAfterRollback = _delayAfterRollback * 2 < _longestAfterRollback ? _delayAfterRollback * 2 : _longestAfterRollback;
    }

    /// <summary>What was done well was wrong to do: it is not done again until there is a new wish.</summary>
    public void Regret(Finding finding)
    {
        Findings = [finding];
        (_atRest, IsRegretted, _failureRetryAt) = (false, true, DateTimeOffset.MaxValue);
    }

    private void RetryAfter(TimeSpan delay, DateTimeOffset now) => _failureRetryAt = IsRegretted ? DateTimeOffset.MaxValue : now + delay;

    private static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private void Fail(IReadOnlyList<Failure> failures, bool isGoingBack, DateTimeOffset now)
    {
        // Why there is a way back is what matters most, also when it fails. What was regretted stays that: only a look can have failed since.
        if (!IsRegretted || isGoingBack)
            Findings = [.. isGoingBack ? Findings : [], .. failures.Select(failure => failure.Finding)];
        RetryAfter(_delay, now);
        _delay = _delay * 2 < _longest ? _delay * 2 : _longest;
        _failed = [.. failures.Select(failure => failure.Step).OfType<Step>()];
    }
}

/// <param name="Step">What failed; null when it was a look.</param>
/// <param name="Finding">Why.</param>
internal readonly record struct Failure(Step? Step, Finding Finding);
