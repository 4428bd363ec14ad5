using System.Collections.Immutable;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>What went wrong with one object lately, and when it is tried again.</summary>
internal sealed class Trouble
{
    private static readonly TimeSpan _first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

    private object? _spec;
    private TimeSpan _delay = _first;

    // Steps that reported success in the last run: planned again right after, they had no effect.
    private ImmutableHashSet<Step> _done = [];

    public ImmutableArray<Finding> Findings { get; private set; } = [];

    public DateTimeOffset RetryAt { get; private set; }

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
        RetryAt = default;
    }

    /// <summary>A run has ended.</summary>
    /// <param name="done">The steps that reported success.</param>
    /// <param name="failures">Those that did not.</param>
    /// <param name="now">When.</param>
    public void Ended(IEnumerable<Step> done, ImmutableArray<Finding> failures, DateTimeOffset now)
    {
        _done = failures.IsEmpty ? [.. done] : [];
        if (!failures.IsEmpty)
            Fail(failures, now);
    }

    /// <summary>The kernel has been about to show something since then: past the deadline that is a failure, though one that may still heal.</summary>
    public void Waited(DateTimeOffset since, ImmutableArray<Finding> waiting, DateTimeOffset now) =>
        Findings = now - since < Deadlines.Appear ? [] : [.. waiting.Select(finding => new Finding(Reasons.VfsMissing, finding.Message))];

    /// <summary>Whether these steps may be taken now.</summary>
    public bool MayTake(ImmutableArray<Step> steps, DateTimeOffset now)
    {
        ImmutableHashSet<Step> done = _done;
        _done = [];
        ImmutableArray<Finding> repeated = [.. steps.Where(done.Contains).Select(FailureReasons.NoEffect)];
        if (!repeated.IsEmpty)
            Fail(repeated, now);

        return RetryAt <= now;
    }

    private void Fail(ImmutableArray<Finding> findings, DateTimeOffset now)
    {
        Findings = findings;
        RetryAt = now + _delay;
        _delay = _delay * 2 < _longest ? _delay * 2 : _longest;
    }
}
