using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>The line of work for our records, networks and CDI specs, which also reads what CNI's records say.</summary>
/// <param name="work">What is done.</param>
/// <param name="events">Where it is told.</param>
/// <param name="ended">Given the report of each run; twice when the disk hangs.</param>
/// <param name="faulted">Given a bug.</param>
internal sealed class FilesLane(FilesWork work, EventLog events, Action<FilesRun> ended, Action<Exception> faulted)
{
    private readonly Dictionary<ObjectKey, Trouble> _troubles = [];
    private readonly HashSet<ObjectKey> _heldBack = [];
    private readonly Recheck _recheck = new(Deadlines.FirstRecheck, Deadlines.LongestRecheck);
    private IReadOnlyList<ObjectSteps> _underWay = [];
    private bool _dirty = true;
    private Finding? _unread;

    /// <summary>A run is under way.</summary>
    public bool Busy { get; private set; }

    /// <summary>Whether the folders were looked at since the start: before that nothing can be said about attachments.</summary>
    public bool Seen { get; private set; }

    /// <summary>What is wrong with which object, besides what the plan says.</summary>
    public Dictionary<ObjectKey, ImmutableArray<Finding>> Findings(Plan plan)
    {
        Dictionary<ObjectKey, ImmutableArray<Finding>> findings = [];
        foreach ((ObjectKey key, Trouble trouble) in _troubles)
            Add(key, _unread is not null && _heldBack.Contains(key) ? [_unread, .. trouble.Findings] : trouble.Findings);

        // A wish that was taken back comes true in a picture that the steps under way for the other one have made an old one.
        foreach (ObjectSteps underWay in _underWay.Where(o => plan.StepsOf(o.Key).IsEmpty))
            Add(underWay.Key, [new Finding(Reasons.Applying, string.Join("; ", underWay.Steps))]);

        return findings;

        void Add(ObjectKey key, ImmutableArray<Finding> more)
        {
            if (!more.IsEmpty)
                findings[key] = findings.GetValueOrDefault(key, []).AddRange(more);
        }
    }

    /// <summary>Something has changed in the folders: they are looked at.</summary>
    public void Touch() => _dirty = true;

    public bool IsLookDue(DateTimeOffset now) => !Busy && (_dirty || _recheck.IsDue(now));

    /// <summary>When something is due here by itself; null when nothing is.</summary>
    public DateTimeOffset? NextAt(DateTimeOffset now) => Busy
        ? null
        : _troubles.Values.Select(trouble => trouble.RetryAt(isGoingBack: false)).Where(retry => retry > now)
            .Cast<DateTimeOffset?>().Append(_recheck.NextAt).Min();

    /// <summary>The loop has made a plan: notes what is in trouble, or has to wait.</summary>
    /// <returns>Those of its steps that are to be taken now.</returns>
    public List<ObjectSteps> Judge(Plan plan, DesiredState desired, DateTimeOffset now)
    {
        List<ObjectSteps> due = [];
        HashSet<ObjectKey> gone = [.. _troubles.Keys];
        _heldBack.Clear();
        foreach (ResourcePlan resource in plan.Resources.Values)
            Add(ObjectKey.Resource(resource.Name), resource.Steps, desired.Resources.GetValueOrDefault(resource.Name));
        foreach (AttachmentPlan attachment in plan.Attachments.Values)
            Add(ObjectKey.Attachment(attachment.Name), attachment.Steps, desired.Attachments.GetValueOrDefault(attachment.Name));

        foreach (ObjectKey key in gone)
            _troubles.Remove(key);

        return due;

        void Add(ObjectKey key, ImmutableArray<Step> steps, object? spec)
        {
            gone.Remove(key);
            if (steps.IsEmpty)
            {
                _troubles.GetValueOrDefault(key)?.Rest();
                return;
            }

            if (!_troubles.TryGetValue(key, out Trouble? trouble))
                _troubles.Add(key, trouble = new Trouble());
            trouble.About(spec);
            if (_unread is not null && steps.Any(step => step is RecordAssignment))
                _heldBack.Add(key);
            else if (trouble.TryTake(steps, isGoingBack: false, now))
                due.Add(new ObjectSteps(key, steps));
        }
    }

    /// <param name="steps">What to do; none just looks.</param>
    /// <param name="before">The picture for which they were planned.</param>
    /// <param name="now">When.</param>
    public void Start(IReadOnlyList<ObjectSteps> steps, HostSnapshot before, DateTimeOffset now)
    {
        (Busy, _underWay) = (true, steps);
        if (steps.Count == 0)
        {
            _dirty = false;
            _recheck.Begin(now);
        }

        _ = RunAsync(steps, before);
    }

    /// <summary>The loop takes a run's report.</summary>
    public void Take(FilesRun run, DateTimeOffset now)
    {
        Busy = run.Hung;
        if (!Busy)
            _underWay = [];
        Seen |= run.Seen is not null;
        foreach (IGrouping<ObjectKey, StepOutcome> group in run.Outcomes.GroupBy(outcome => outcome.Key))
        {
            if (_troubles.TryGetValue(group.Key, out Trouble? trouble))
                trouble.Ended(group.Where(o => o.Failure is null).Select(o => o.Step), Failures(group), isGoingBack: false, now);
        }

        if (run.Unread is { } unread)
        {
            if (unread != _unread)
                events.Error("agent", "FoldersUnreadable", unread.Message);
            _unread = unread;
            _recheck.Want(now);
        }
        else if (run.IsFull)
        {
            // After its steps a run looks at what they changed only: that says nothing of the rest.
            _unread = null;
            _recheck.Reset();
        }
    }

    private static List<Failure> Failures(IEnumerable<StepOutcome> outcomes) =>
        [.. outcomes.Where(o => o.Failure is not null).Select(o => new Failure(o.Step, o.Failure!))];

    private async Task RunAsync(IReadOnlyList<ObjectSteps> steps, HostSnapshot before)
    {
        try
        {
            (FilesRun run, Task? hung) = await work.RunAsync(steps, before);
            ended(run);
            if (hung is null)
                return;

            // Reported twice: just now, so that the status says it, and when the disk comes back, so that the folders are looked at again.
            await Worker.ReturnOf(hung);
            ended(run with { Outcomes = [], Hung = false, Late = run.Outcomes is [.., { Failure: not null, Step: var late }] ? late : null });
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }
}
