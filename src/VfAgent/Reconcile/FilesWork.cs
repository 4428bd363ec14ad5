using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// What is done with our records, conflists and CDI specs: take the steps that are due, and look at the folders again. One object that fails does
/// not stop the others.
/// </summary>
internal sealed class FilesWork(
    OwnedFolderReader reader, ContainerRecordReader containers, FolderChanges changes, FeatureReader features, StepRunner runner, Worker worker, EventLog events)
{
    /// <param name="work">What to do; none looks at everything.</param>
    /// <param name="before">The picture for which it was planned.</param>
    /// <returns>What became of it and, when a call has not returned by its deadline, that call: nothing else was tried then.</returns>
    public async Task<(FilesRun Run, Task? Hung)> RunAsync(IReadOnlyList<ObjectSteps> work, HostSnapshot before)
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
            if (attempt.Hung is not null)
                return (new FilesRun(outcomes.ToImmutable(), null, Hung: true), attempt.Hung);
        }

        bool full = work.Count == 0;
        bool specsTouched = full || outcomes.Any(o => o.Step is WriteFile { Folder: OwnedFolder.CdiSpecs } or RemoveFile { Folder: OwnedFolder.CdiSpecs });
        Attempt<IoResult<FilesObservation>> look = await worker.RunAsync(() => Observe(before, full, specsTouched), Deadlines.Observe);
        if ((look.Hung ?? unchanged.Hung) is { } hung)
        {
            events.Error("agent", "KernelTimeout", "reading the conflist and CDI folders does not return");
            return (new FilesRun(outcomes.ToImmutable(), null, Hung: true), hung);
        }

        if (!look.Value.Ok)
            events.Error("agent", "FoldersUnreadable", $"{look.Value.Error}; nothing is assigned until they can be read");
        return (new FilesRun(outcomes.ToImmutable(), look.Value.Value, Hung: false), null);
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
}

internal sealed record ObjectSteps(ObjectKey Key, ImmutableArray<Step> Steps);

internal sealed record StepOutcome(ObjectKey Key, Step Step, Finding? Failure);

internal sealed record FilesObservation(
    ConflistDirectory Conflists, ImmutableDictionary<string, string> CdiSpecs, ContainerRecords Containers, HostFeatures Features);

/// <param name="Outcomes">What was tried, in order.</param>
/// <param name="Seen">The folders afterwards; null when they could not be read.</param>
/// <param name="Hung">The disk has not come back: there will be another report when it does.</param>
internal sealed record FilesRun(ImmutableArray<StepOutcome> Outcomes, FilesObservation? Seen, bool Hung);
