using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Reconcile;

/// <summary>The line of work for our records, conflists and CDI specs, which also reads what CNI's records say.</summary>
/// <param name="work">What is done.</param>
/// <param name="ended">Given the report of each run; twice when the disk hangs.</param>
/// <param name="faulted">Given a bug.</param>
internal sealed class FilesLane(FilesWork work, Action<FilesRun> ended, Action<Exception> faulted)
{
    private readonly Dictionary<ObjectKey, Trouble> _troubles = [];

    public bool Busy { get; private set; }

    /// <summary>The folders have to be looked at.</summary>
    public bool Dirty { get; set; } = true;

    /// <summary>When to look again after they could not be read.</summary>
    public Recheck Recheck { get; } = new(Deadlines.FirstRecheck, Deadlines.LongestRecheck);

    /// <summary>Whether the folders were looked at since the start: before that nothing can be said about attachments.</summary>
    public bool Seen { get; set; }

    public IReadOnlyDictionary<ObjectKey, Trouble> Troubles => _troubles;

    /// <summary>When something is due here by itself; null when nothing is.</summary>
    public DateTimeOffset? NextAt(DateTimeOffset now) => Busy
        ? null
        : _troubles.Values.Select(trouble => trouble.RetryAt > now ? trouble.RetryAt : (DateTimeOffset?)null).Append(Recheck.NextAt).Min();

    /// <summary>Those of the planned steps that may be taken now.</summary>
    public List<ObjectSteps> Due(Plan plan, DesiredState desired, DateTimeOffset now)
    {
        List<ObjectSteps> due = [];
        HashSet<ObjectKey> gone = [.. _troubles.Keys];
        foreach (ResourcePlan resource in plan.Resources.Values)
            Consider(ObjectKey.Resource(resource.Name), resource.Steps, desired.Resources.GetValueOrDefault(resource.Name));
        foreach (AttachmentPlan attachment in plan.Attachments.Values)
            Consider(ObjectKey.Attachment(attachment.Name), attachment.Steps, desired.Attachments.GetValueOrDefault(attachment.Name));

        foreach (ObjectKey key in gone)
            _troubles.Remove(key);

        return due;

        void Consider(ObjectKey key, ImmutableArray<Step> steps, object? spec)
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
            if (trouble.TryTake(steps, isGoingBack: false, now))
                due.Add(new ObjectSteps(key, steps));
        }
    }

    public void Start(IReadOnlyList<ObjectSteps> steps, HostSnapshot before, DateTimeOffset now)
    {
        Busy = true;
        Dirty = false;
        Recheck.Begin(now);
        _ = RunAsync(steps, before);
    }

    /// <summary>The loop has taken the run's report.</summary>
    public void Finish(FilesRun run, DateTimeOffset now)
    {
        Busy = run.Hung;
        foreach (IGrouping<ObjectKey, StepOutcome> group in run.Outcomes.GroupBy(outcome => outcome.Key))
        {
            if (_troubles.TryGetValue(group.Key, out Trouble? trouble))
                trouble.Ended(group.Where(o => o.Failure is null).Select(o => o.Step), Failures(group), isGoingBack: false, now);
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
            await hung.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            ended(run with { Outcomes = [], Hung = false });
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }
}
