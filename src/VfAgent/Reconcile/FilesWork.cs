using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// What is done with our records, networks and CDI specs: take the steps that are due, and look at the folders again. One object that fails does
/// not stop the others.
/// </summary>
internal sealed class FilesWork(
    OwnedFolderReader reader, ContainerRecordReader containers, BackendReader backends, FolderChanges changes, FeatureReader features, StepRunner runner,
    LeaseFiles leases, Worker worker, EventLog events)
{
    /// <param name="work">What to do; none just looks, and at everything.</param>
    /// <param name="before">The picture for which it was planned.</param>
    /// <returns>What became of it and, when a call has not returned by its deadline, that call: nothing else was tried then.</returns>
    public async Task<(FilesRun Run, Task? Hung)> RunAsync(IReadOnlyList<ObjectSteps> work, HostSnapshot before)
    {
        var outcomes = ImmutableArray.CreateBuilder<StepOutcome>();
        bool isFull = work.Count == 0;

        // Another program may have taken a VF since the folder was read: then nothing is assigned before it has been read again.
        bool assigns = work.Any(o => o.Steps.Any(step => step is RecordAssignment));
        Attempt<bool> unchanged = assigns ? await worker.RunAsync(() => IsUnchanged(before), Deadlines.Observe) : new(true, null);
        if (unchanged.Hung is not null)
            return (Run(null, Late, isHung: true), unchanged.Hung);

        bool isLeased = false;
        HashSet<ObjectKey> skipped = [];
        IEnumerable<(ObjectKey Key, Step Step)> steps = work.SelectMany(o => o.Steps, (o, step) => (o.Key, step));
        foreach ((ObjectKey key, Step step) in steps.OrderByDescending(s => s.Step is RecordAssignment))
        {
            if (skipped.Contains(key))
                continue;
            if (step is RecordAssignment && !unchanged.Value)
            {
                skipped.Add(key);
                continue;
            }

            TimeSpan deadline = Deadlines.Of(step);
            bool isTaken = false;
            Attempt<Finding?> attempt = await worker.RunAsync(() => Take(step, before, out isTaken), deadline);
            if (attempt.Hung is null && isTaken)
            {
                isLeased = true;
                skipped.Add(key);
                continue;
            }

            Finding? failure = attempt.Hung is not null ? FailureReasons.Timeout(step.ToString(), deadline) : attempt.Value;
            outcomes.Add(new StepOutcome(key, step, failure));
            if (failure is null)
            {
                events.Info(key.ToString(), "StepDone", step.ToString());
                continue;
            }

            events.Warn(key.ToString(), "StepFailed", failure.Message);
            skipped.Add(key);
            if (attempt.Hung is not null)
                return (Run(null, failure, isHung: true), attempt.Hung);
        }

        bool specsTouched = isFull ||
            outcomes.Any(o => o.Step is WriteFile { Folder: OwnedFolder.CdiSpecs } or RemoveFile { Folder: OwnedFolder.CdiSpecs });
        Attempt<IoResult<FilesObservation>> look = await worker.RunAsync(
            () => Observe(before, isFull, specsTouched, isFull || isLeased), Deadlines.Observe);
        if (look.Hung is not null)
            return (Run(null, Late, isHung: true), look.Hung);

        IoError? unread = look.Value.Ok ? look.Value.Value.Unread : look.Value.Error;
        return (Run(look.Value.Value, unread is null ? null : Unread(unread), isHung: false), null);

        FilesRun Run(FilesObservation? seen, Finding? unread, bool isHung) => new(outcomes.ToImmutable(), seen, unread, isFull, isHung);
    }

    private static Finding Late => FailureReasons.Timeout("read the network and CDI folders", Deadlines.Observe);

    private static Finding Unread(IoError error) =>
        new(FailureReasons.IsDenied(error.Errno) ? Reasons.MissingCapability : Reasons.DiskFault, $"{error}; nothing is assigned until it can be read");

    private bool IsUnchanged(HostSnapshot before)
    {
        var look = new Look();
        return reader.IsUnchanged(before, look) && look.Unknown is null;
    }

    // A VF is assigned under the lock under which plugins hand VFs out. One that a container has got since the plan was made is not, and the
    // plan is made again.
    private Finding? Take(Step step, HostSnapshot before, out bool isLeased)
    {
        isLeased = false;
        if (step is not RecordAssignment { Assignment: { Vf: { } id } assignment } ||
            before.Pfs.GetValueOrDefault(id.Pf)?.Vf(id.Index) is not { Address: var vf })
        {
            return runner.Run(step);
        }

        IoResult<IDisposable> locked = leases.Lock();
        if (!locked.Ok)
            return FailureReasons.For(step, locked.Error);

        using IDisposable held = locked.Value;
        if (leases.Read(vf, out Lease? lease) is { } unread)
            return FailureReasons.For(step, unread);

        bool isNews = lease is not null && lease.Network != assignment.Attachment && before.Containers.UserOf(vf)?.Container != lease.Container;
        isLeased = isNews && leases.IsGood(lease!);
        return isLeased ? null : runner.Run(step);
    }

    private IoResult<FilesObservation> Observe(HostSnapshot before, bool isFull, bool specsTouched, bool recordsTouched)
    {
        if (isFull)
            changes.Cover();

        var look = new Look();
        var others = new Look();
        return look.Seen(new FilesObservation(
            isFull ? backends.Read(look).Backends : before.Backends,
            reader.Conflists(before.Conflists, look, others),
            reader.PodmanNetworks(before.PodmanNetworks, look, others),
            specsTouched ? reader.CdiSpecs(before.CdiSpecs, look) : before.CdiSpecs,
            recordsTouched ? containers.Read(before.Containers, look) : before.Containers,
            features.Read(),
            others.Unknown));
    }
}

internal sealed record ObjectSteps(ObjectKey Key, ImmutableArray<Step> Steps);

internal sealed record StepOutcome(ObjectKey Key, Step Step, Finding? Failure);

/// <param name="Backends">For which networks are to be written.</param>
/// <param name="Conflists">Ours, and those of others that could be read.</param>
/// <param name="PodmanNetworks">Likewise.</param>
/// <param name="CdiSpecs">Ours.</param>
/// <param name="Containers">What CNI's records and our leases say.</param>
/// <param name="Features">What of the kernel's optional parts is there.</param>
/// <param name="Unread">Why a network of others could not be read: which VFs it names is not known. null when all could.</param>
internal sealed record FilesObservation(
    NetworkBackends Backends, NetworkFolder Conflists, NetworkFolder PodmanNetworks, ImmutableDictionary<string, string> CdiSpecs,
    ContainerRecords Containers, HostFeatures Features, IoError? Unread);

/// <param name="Outcomes">What was tried, in order.</param>
/// <param name="Seen">The folders afterwards; null when they could not be read.</param>
/// <param name="Unread">Why not all that says who has which VF could be read; null when it could.</param>
/// <param name="IsFull">All was to be looked at.</param>
/// <param name="Hung">The disk has not come back: there will be another report when it does.</param>
internal sealed record FilesRun(ImmutableArray<StepOutcome> Outcomes, FilesObservation? Seen, Finding? Unread, bool IsFull, bool Hung)
{
    /// <summary>A step that was given up and has taken effect only now, over what was done meanwhile.</summary>
    public Step? Late { get; init; }
}
