using System.Collections.Immutable;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>What went wrong with one object lately, and when it is tried again.</summary>
internal sealed class Trouble
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

    // What a step causes may show after its call has returned: a driver is bound once udev has loaded its module.
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(1);

    private object? _spec;
    private TimeSpan _delay = _first;

    // Steps that reported success in the last run: still planned when that has settled, they had no effect.
    private ImmutableHashSet<Step> _done = [];
    private DateTimeOffset _settledAt;
    private DateTimeOffset _failureRetryAt;
    private DateTimeOffset _heldUntil;

    public ImmutableArray<Finding> Findings { get; private set; } = [];

    public DateTimeOffset RetryAt => _heldUntil > _failureRetryAt ? _heldUntil : _failureRetryAt;

    /// <summary>A new wish is a new chance: what failed before says nothing about it.</summary>
    public void About(object? spec)
    {
        if (ReferenceEquals(_spec, spec))
            return;

        _spec = spec;
        Clear();
    }

    public void Clear()
    {
        _delay = _first;
        _done = [];
        Findings = [];
        (_failureRetryAt, _heldUntil) = (default, default);
    }

    /// <summary>A run has ended.</summary>
    /// <param name="done">The steps that reported success.</param>
    /// <param name="failures">Those that did not.</param>
    /// <param name="now">When.</param>
    public void Ended(IEnumerable<Step> done, ImmutableArray<Finding> failures, DateTimeOffset now)
    {
        _done = failures.IsEmpty ? [.. done] : [];
        _settledAt = now + _settle;
        if (!failures.IsEmpty)
            Fail(failures, now);
    }

    /// <summary>The kernel has been about to show something since then: past the deadline that is a failure, though one that may still heal.</summary>
    public void Waited(DateTimeOffset since, ImmutableArray<Finding> waiting, DateTimeOffset now) =>
        Findings = now - since < Deadlines.Appear ? [] : [.. waiting.Select(finding => new Finding(Reasons.VfsMissing, finding.Message))];

    /// <summary>Whether these steps may be taken now.</summary>
    public bool MayTake(ImmutableArray<Step> steps, DateTimeOffset now)
    {
        ImmutableArray<Step> repeated = [.. steps.Where(_done.Contains)];
        _heldUntil = !repeated.IsEmpty && now < _settledAt ? _settledAt : default;
        if (_heldUntil > now)
            return false;

        _done = [];
        if (!repeated.IsEmpty)
            Fail([.. repeated.Select(FailureReasons.NoEffect)], now);

        return RetryAt <= now;
    }

    private void Fail(ImmutableArray<Finding> findings, DateTimeOffset now)
    {
        Findings = findings;
        _failureRetryAt = now + _delay;
        _delay = _delay * 2 < _longest ? _delay * 2 : _longest;
    }
}
