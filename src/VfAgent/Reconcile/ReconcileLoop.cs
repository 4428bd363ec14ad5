using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// Observe, plan, apply, verify, say, over and over. One logical thread holds all state; what blocks runs in lanes, one for each PF and
/// one for the files, which report back. The loop sleeps until a config, a kernel event, a report or a due time wakes it.
/// </summary>
internal sealed class ReconcileLoop : IDisposable
{
    // VFs come in bursts of events; one look for each burst is enough.
    private static readonly TimeSpan _burst = TimeSpan.FromMilliseconds(20);

    private readonly ReconcileParts _parts;
    private readonly WakeSignal _wake;
    private readonly ITimer _alarm;
    private readonly MemoryTrim _memory;
    private readonly KernelChanges _changes;
    private readonly FolderChanges _folders;
    private readonly FilesLane _files;
    private readonly PfScan _scan;
    private readonly UserSearch _users = new();
    private readonly SortedDictionary<PciAddress, PfLane> _lanes = [];
    private readonly ConcurrentQueue<object> _reports = new();
    private HostSnapshot _host;
    private Ledger _ledger = Ledger.Empty;
    private DateTimeOffset _resyncAt;
    private Exception? _fault;

    public ReconcileLoop(ReconcileParts parts, WakeSignal wake, MemoryTrim memory)
    {
        (_parts, _wake, _memory) = (parts, wake, memory);
        _host = HostSnapshot.Empty with { HostId = parts.HostId };
        _alarm = parts.Time.CreateTimer(_ => wake.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _changes = new KernelChanges(wake.Set);
        _scan = new PfScan(parts.Pfs, parts.Worker, parts.Events, Enqueue, Fault);
        _folders = new FolderChanges(parts.Disk, [.. parts.Folders.Folders, .. parts.Containers.Folders], parts.Events, wake.Set);
        _files = new FilesLane(parts.Folders, parts.Containers, _folders, parts.Features, parts.Runner, parts.Worker, parts.Events, Enqueue, Fault);
    }

    public void Dispose()
    {
        _alarm.Dispose();
        _folders.Dispose();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await LoadLedgerAsync();
        using IDisposable watch = _parts.Kernel.Watch(_changes.Note);
        while (!cancellationToken.IsCancellationRequested)
        {
            DateTimeOffset now = _parts.Time.GetUtcNow();
            TakeReports(now);
            TakeChanges(now);
            StartLooks(now);
            if (IsPictureComplete)
                Reconcile(now);

            SetAlarm(now);
            _memory.Worked();
            await _wake.WaitAsync(cancellationToken);
            if (Volatile.Read(ref _fault) is { } fault)
                ExceptionDispatchInfo.Throw(fault);
        }
    }

    // Nothing is said or done before everything was looked at once: half a picture would make good things look missing.
    private bool IsPictureComplete => _scan.Seen && _files.Seen && _lanes.Values.All(lane => lane.Seen);

    private async Task LoadLedgerAsync()
    {
        (IoError? Error, IoResult<(Ledger Ledger, IReadOnlyList<string> Unreadable)> Loaded) start =
            await _parts.Kernel.RunAsync(() => (_parts.Folders.Prepare(), _parts.Ledger.Load()));
        if ((start.Error ?? start.Loaded.Error) is { } error)
            throw new IOException($"The agent's folders cannot be used: {error}");

        _ledger = start.Loaded.Value.Ledger;
        foreach (string entry in start.Loaded.Value.Unreadable)
            _parts.Events.Warn("agent", "LedgerEntryUnreadable", $"{entry} cannot be read; what it recorded is taken from the host again");
    }

    private void TakeReports(DateTimeOffset now)
    {
        while (_reports.TryDequeue(out object? report))
        {
            switch (report)
            {
                case ScanRun scan:
                    Take(scan, now);
                    break;
                case PfRun run:
                    Take(run, now);
                    break;
                case FilesRun run:
                    Take(run, now);
                    break;
            }
        }
    }

    private void Take(ScanRun scan, DateTimeOffset now)
    {
        _scan.Finish();
        if (scan.Pfs.IsDefault)
            return;

        foreach (PciAddress pf in scan.Pfs)
        {
            if (!_lanes.ContainsKey(pf))
                _lanes.Add(pf, new PfLane(pf, _parts.Pfs, _parts.Features, _parts.Runner, _parts.Worker, _parts.Events, Enqueue, Fault));
        }

        // Those that are not listed any more too: that is how they go.
        foreach (PfLane lane in _lanes.Values)
            lane.DirtySince = now - _burst;
    }

    private void Take(PfRun run, DateTimeOffset now)
    {
        PfLane lane = run.Lane;
        lane.Seen = true;
        if (!run.Hung)
            lane.Finish();

        foreach (Step step in run.Done)
        {
            _ledger = _ledger.After(step);
            _host = _host.After(step);
            if (step is SetNumVfs { NumVfs: > 0 })
                lane.VfsMadeAt = now;
        }

        if (!run.Done.IsEmpty || !run.Failures.IsEmpty)
        {
            lane.Trouble.Ended(run.Done, run.Failures, now);
            lane.ConsiderRollback(now);
        }

        _host = _host.With(run.Refused);
        if (run.Seen is { } sight)
        {
            // Whose network namespace it went to, or came from, is in CNI's records.
            _files.Dirty |= HasMovedVfs(_host.Pfs.GetValueOrDefault(lane.Pf), sight.Pf);
            HostSnapshot before = _host;
            _host = _host.With(lane.Pf, sight, vfsAreNew: now - lane.VfsMadeAt < Deadlines.Bind);
            if (!run.Done.IsEmpty || !ReferenceEquals(before.Pfs, _host.Pfs))
                lane.Recheck.Reset();
            if (sight.Pf is null)
                _lanes.Remove(lane.Pf);
        }
        else if (!run.Hung)
        {
            lane.Recheck.Want(now);
        }

        lane.Unseen = run.Seen is null && !run.Failures.IsEmpty ? run.Failures[^1].Finding : null;
    }

    private void Take(FilesRun run, DateTimeOffset now)
    {
        _files.Finish(run, now);
        foreach (StepOutcome outcome in run.Outcomes)
        {
            _ledger = outcome.Failure is null ? _ledger.After(outcome.Step) : _ledger.AfterFailed(outcome.Step);
        }

        if (run.Seen is { } seen)
        {
            _files.Seen = true;
            _files.Recheck.Reset();
            _host = _host with { Conflists = seen.Conflists, CdiSpecs = seen.CdiSpecs, Containers = seen.Containers, Features = seen.Features };
        }
        else if (!run.Hung)
        {
            _files.Recheck.Want(now);
        }
    }

    private void TakeChanges(DateTimeOffset now)
    {
        (IReadOnlySet<PciAddress> devices, bool everything) = _changes.Take();
        if (everything || now >= _resyncAt)
        {
            _scan.Due = true;
            _files.Dirty = true;
            _resyncAt = now + _parts.ResyncInterval;
            _host = _host.Forgetting((_, refusal) => Sightings.IsOfValue(refusal));
        }

        _files.Dirty |= _folders.Take();
        foreach (PciAddress device in devices)
        {
            if (_lanes.GetValueOrDefault(_host.PfOf(device) ?? device) is { } lane)
                lane.DirtySince ??= now;
            else
                _scan.Due = true;
        }
    }

    private void StartLooks(DateTimeOffset now)
    {
        if (_scan is { Due: true, Busy: false })
            _scan.Start();

        foreach (PfLane lane in _lanes.Values)
        {
            if (lane.Busy || !(lane.DirtySince + _burst <= now || lane.Recheck.IsDue(now)))
                continue;

            _files.Dirty |= lane.Recheck.IsDue(now);
            lane.Start([], null, now);
        }

        _files.Dirty |= _users.IsDue(now) || _files.Recheck.IsDue(now);
        if (_files is { Dirty: true, Busy: false })
            _files.Start([], _host, now);
    }

    private void Reconcile(DateTimeOffset now)
    {
        DesiredState desired = _parts.Desired.Current;
        Plan plan = PlanFor(desired);
        _users.Consider(_host, now);
        PfPlan[] duePfs = [.. plan.Pfs.Values.Where(pf => IsDue(pf, WishesFor(pf, desired), now))];
        List<ObjectSteps> dueFiles = _files.Busy ? [] : _files.Due(plan, desired, now);

        // What will be done is said before it is done, and what was done after.
        _parts.Publish(new Report(
            desired,
            _host,
            _ledger,
            plan,
            _lanes.Values.Where(lane => !lane.Findings.IsEmpty).ToDictionary(lane => lane.Pf, lane => lane.Findings),
            _files.Troubles.Where(t => !t.Value.Findings.IsEmpty).ToDictionary(t => t.Key, t => t.Value.Findings)));
        if (_parts.DryRun)
            return;

        foreach (PfPlan pf in duePfs)
            _lanes[pf.Pf].Start(pf.Steps, _host.Pfs[pf.Pf], now);
        if (dueFiles.Count > 0)
            _files.Start(dueFiles, _host, now);
    }

    // A wish that has come true meanwhile, or is gone, needs no way back.
    private Plan PlanFor(DesiredState desired)
    {
        Plan plan = Planner.Plan(desired, _host, _ledger);
        var rollbacks = new Dictionary<PciAddress, PfTarget>();
        foreach (PfLane lane in _lanes.Values)
        {
            if (lane.Rollback.Target is not { } before)
                continue;

            PfPlan? wish = plan.Pfs.GetValueOrDefault(lane.Pf);
            bool isNew = !lane.Busy && lane.Trouble.About(wish is null ? [null] : WishesFor(wish, desired));
            if (wish is null or { Steps.IsEmpty: true } || isNew)
                lane.Rollback.End();
            else
                rollbacks.Add(lane.Pf, before);
        }

        return rollbacks.Count == 0 ? plan : Planner.Plan(desired, _host, _ledger, rollbacks);
    }

    private static object?[] WishesFor(PfPlan plan, DesiredState desired) =>
        [.. plan.Resources.Select(name => desired.Resources.GetValueOrDefault(name))];

    // Whether a PF's steps are to be taken now; also keeps count of how long it has been waiting, or in trouble.
    private bool IsDue(PfPlan plan, object?[] wishes, DateTimeOffset now)
    {
        PfLane lane = _lanes[plan.Pf];
        if (lane.Busy)
            return false;

        if (lane.Trouble.About(wishes))
        {
            lane.Rollback.End();
            Reconsider(plan.Pf);
        }

        if (lane.Unseen is not null)
            return false;

        // A process that closes a device, a runtime that drops a record, and a host that hangs on another NIC now, tell nobody.
        bool isWaiting = plan.Steps.IsEmpty && plan.Findings.Any(finding => finding.Reason == Reasons.WaitingForKernel);
        bool isInUse = plan.Findings.Any(finding => finding.Reason == Reasons.VfsInUse) && VfUse.Of(_host.Pfs[plan.Pf], _host).Any(user => !user.EndIsSeen);
        bool isHungOn = plan.Findings.Any(finding => finding.Reason == Reasons.ManagementNic);
        if (isWaiting || isInUse || isHungOn)
            lane.Recheck.Want(now);
        else
            lane.Recheck.Reset();

        if (!plan.Steps.IsEmpty)
        {
            lane.WaitingSince = null;
            bool may = lane.Trouble.MayTake(plan.Steps, now);
            lane.ConsiderRollback(now);
            return may;
        }

        lane.WaitingSince = isWaiting ? lane.WaitingSince ?? now : null;
        if (lane.Rollback.Target is not null)
            EndRollback(lane, plan, now);
        else if (lane.WaitingSince is { } since)
            lane.Trouble.Waited(since, plan.Findings, now);
        else
        {
            lane.Trouble.Rest();
            lane.Rollback.End();
        }

        return false;
    }

    // A new wish is a new chance for what the driver has refused.
    private void Reconsider(PciAddress pf)
    {
        HostSnapshot host = _host.Forgetting((request, _) => request.Vf.Pf == pf);
        if (host.Refused.Count == _host.Refused.Count)
            return;

        _host = host;
        _wake.Set();
    }

    // Nothing is left to do on the way back.
    private void EndRollback(PfLane lane, PfPlan plan, DateTimeOffset now)
    {
        if (lane.WaitingSince is { } since && now - since < Deadlines.Appear)
            return;

        if (plan.Findings.IsEmpty)
            lane.EndRollback(now);
        else
            lane.GiveUpRollback(now);

        // The plan for the wish is another one.
        _wake.Set();
    }

    private static bool HasMovedVfs(PhysicalFunction? before, PhysicalFunction? now) =>
        before is not null && now is not null && !before.Vfs.Select(vf => vf.NetdevAway).SequenceEqual(now.Vfs.Select(vf => vf.NetdevAway));

    private void SetAlarm(DateTimeOffset now)
    {
        DateTimeOffset due = Earliest(_resyncAt, _users.NextAt);
        foreach (PfLane lane in _lanes.Values)
        {
            if (!lane.Busy)
                due = Earliest(due, lane.DirtySince + _burst, lane.Recheck.NextAt, Future(lane.Trouble.RetryAt));
        }

        if (!_files.Busy)
        {
            due = Earliest(due, _files.Recheck.NextAt);
            foreach (Trouble trouble in _files.Troubles.Values)
                due = Earliest(due, Future(trouble.RetryAt));
        }

        _alarm.Change(due > now ? due - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        DateTimeOffset? Future(DateTimeOffset at) => at > now ? at : null;
    }

    private static DateTimeOffset Earliest(DateTimeOffset first, params ReadOnlySpan<DateTimeOffset?> others)
    {
        foreach (DateTimeOffset? other in others)
        {
            if (other < first)
                first = other.Value;
        }

        return first;
    }

    private void Enqueue(object report)
    {
        _reports.Enqueue(report);
        _wake.Set();
    }

    private void Fault(Exception exception)
    {
        Interlocked.CompareExchange(ref _fault, exception, null);
        _wake.Set();
    }
}
