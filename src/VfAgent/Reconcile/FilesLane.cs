using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>The line of work for our records, conflists and CDI specs, which also reads what CNI's records say. One object that fails does not stop the others.</summary>
internal sealed class FilesLane(
    OwnedFolderReader reader, ContainerRecordReader containers, FolderChanges changes, FeatureReader features, StepRunner runner, Worker worker, EventLog events,
    Action<FilesRun> ended, Action<Exception> faulted)
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

    public void Start(IReadOnlyList<ObjectSteps> work, HostSnapshot before, DateTimeOffset now)
    {
        Busy = true;
        Dirty = false;
        Recheck.Begin(now);
        _ = GuardAsync(work, before);
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

    private async Task GuardAsync(IReadOnlyList<ObjectSteps> work, HostSnapshot before)
    {
        try
        {
            await RunAsync(work, before);
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }

    private async Task RunAsync(IReadOnlyList<ObjectSteps> work, HostSnapshot before)
    {
        var outcomes = ImmutableArray.CreateBuilder<StepOutcome>();
        HashSet<ObjectKey> skipped = [];

        // Another program may have taken a VF since the folder was read: then nothing is assigned before it has been read again.
        Attempt<bool> unchanged = await worker.RunAsync(() => reader.ConflistStamp() == before.Conflists.Stamp, Deadlines.Observe);
        IEnumerable<(ObjectKey Key, Step Step)> steps = work.SelectMany(o => o.Steps, (o, step) => (o.Key, step));
        foreach ((ObjectKey key, Step step) in steps.OrderByDescending(s => s.Step is RecordAssignment))
        {
            if (unchanged.Hung is not null)
                break;
            if (skipped.Contains(key))
                continue;
            if (step is RecordAssignment && !unchanged.Value)
            {
                skipped.Add(key);
                continue;
            }

            TimeSpan deadline = Deadlines.Of(step);
            Attempt<Finding?> attempt = await worker.RunAsync(() => runner.Run(step), deadline);
            Finding? failure = attempt.Hung is not null ? FailureReasons.Timeout(step.ToString(), deadline) : attempt.Value;
            outcomes.Add(new StepOutcome(key, step, failure));
            if (failure is null)
                events.Info(key.ToString(), "StepDone", step.ToString());
            else
                events.Warn(key.ToString(), "StepFailed", failure.Message);

            if (failure is not null)
                skipped.Add(key);
            if (attempt.Hung is { } hung)
            {
                await ReportHungAsync(hung, outcomes.ToImmutable());
                return;
            }
        }

        bool full = work.Count == 0;
        bool specsTouched = full || outcomes.Any(o => o.Step is WriteFile { Folder: OwnedFolder.CdiSpecs } or RemoveFile { Folder: OwnedFolder.CdiSpecs });
        Attempt<IoResult<FilesObservation>> look = await worker.RunAsync(() => Observe(before, full, specsTouched), Deadlines.Observe);
        if ((look.Hung ?? unchanged.Hung) is { } hungLook)
        {
            events.Error("agent", "KernelTimeout", "reading the conflist and CDI folders does not return");
            await ReportHungAsync(hungLook, outcomes.ToImmutable());
            return;
        }

        if (!look.Value.Ok)
            events.Error("agent", "FoldersUnreadable", $"{look.Value.Error}; nothing is assigned until they can be read");
        ended(new FilesRun(outcomes.ToImmutable(), look.Value.Value, Hung: false));
    }

    private IoResult<FilesObservation> Observe(HostSnapshot before, bool full, bool specsTouched)
    {
        if (full)
            changes.Cover();

        var look = new Look();
        return look.Seen(new FilesObservation(
            reader.Conflists(before.Conflists, look),
            specsTouched ? reader.CdiSpecs(look) : before.CdiSpecs,
            full ? containers.Read(before.Containers, look) : before.Containers,
            features.Read()));
    }

    private async Task ReportHungAsync(Task hung, ImmutableArray<StepOutcome> outcomes)
    {
        ended(new FilesRun(outcomes, null, Hung: true));
        await hung.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        ended(new FilesRun([], null, Hung: false));
    }
}

internal sealed record ObjectSteps(ObjectKey Key, ImmutableArray<Step> Steps);

internal sealed record StepOutcome(ObjectKey Key, Step Step, Finding? Failure);

internal sealed record FilesObservation(
    ConflistDirectory Conflists, ImmutableDictionary<string, string> CdiSpecs, ContainerRecords Containers, HostFeatures Features);

/// <param name="Outcomes">What was tried, in order.</param>
/// <param name="Seen">The folders afterwards; null when they could not be read.</param>
/// <param name="Hung">The disk has not come back: there will be another report when it does.</param>
internal sealed record FilesRun(ImmutableArray<StepOutcome> Outcomes, FilesObservation? Seen, bool Hung);
