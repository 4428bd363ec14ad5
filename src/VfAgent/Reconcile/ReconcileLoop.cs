using System.Collections.Immutable;
using System.Net;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Reconcile;

/// <summary>
/// Observe, plan, apply, verify, say, over and over. One logical thread holds all state; what blocks runs in lanes, one for each PF and
/// one for the files, which report back. The loop sleeps until a config, a kernel event, a report or a due time wakes it.
/// </summary>
internal sealed class ReconcileLoop : IDisposable
{
    private readonly ReconcileParts _parts;
    private readonly WakeSignal _wake;
    private readonly Alarm _alarm;
    private readonly Inbox _inbox;
    private readonly MemoryTrim _memory;
    private readonly KernelChanges _changes;
    private readonly FolderChanges _folders;
    private readonly FilesLane _files;
    private readonly PfScan _scan;
    private readonly PfWork _pfWork;
    private readonly UserSearch _users = new();
    private readonly LastPlan _plan = new();
    private readonly SortedDictionary<PciAddress, PfLane> _lanes = [];
    private HostSnapshot _host;
    private Ledger _ledger = Ledger.Empty;
    private DateTimeOffset _resyncAt;
    private IPAddress? _broker;

    public ReconcileLoop(ReconcileParts parts, WakeSignal wake, MemoryTrim memory)
    {
        (_parts, _wake, _memory) = (parts, wake, memory);
        _host = HostSnapshot.Empty with { HostId = parts.HostId };
        _alarm = new Alarm(parts.Time, wake.Set);
        _inbox = new Inbox(wake.Set);
        _changes = new KernelChanges(wake.Set);
        _pfWork = new PfWork(parts.Pfs, parts.Features, parts.Runner, parts.Worker, parts.Time, parts.Events);
        _scan = new PfScan(parts.Pfs, parts.Worker, parts.Events, pfs => _inbox.Add(now => Take(pfs, now)), _inbox.Fault);
        _folders = new FolderChanges(parts.Disk, [.. parts.Folders.Folders, .. parts.Containers.Folders], parts.Events, wake.Set);
        _files = new FilesLane(
            new FilesWork(
                parts.Folders, parts.Containers, parts.Backends, _folders, parts.Features, parts.Runner, parts.Leases, parts.Worker, parts.Events),
            parts.Events,
            run => _inbox.Add(now => Take(run, now)), _inbox.Fault);
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

            _alarm.Set(now, [_resyncAt, _users.NextAt, _scan.NextAt, _files.NextAt(now), .. _lanes.Values.Select(lane => lane.NextAt(now))]);
            _memory.Worked();
            await _wake.WaitAsync(cancellationToken);
            _inbox.ThrowIfFaulted();
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
        while (_inbox.TryTake(out Action<DateTimeOffset>? report))
            report(now);
    }

    private void Take(ImmutableArray<PciAddress>? pfs, DateTimeOffset now)
    {
        _scan.Take(pfs, now);
        if (pfs is not { } listed)
            return;

        foreach (PciAddress pf in listed)
        {
            if (!_lanes.ContainsKey(pf))
            {
                UnconfirmedChange? unconfirmed = _ledger.Unconfirmed.GetValueOrDefault(pf);
                _lanes.Add(pf, new PfLane(pf, unconfirmed, _pfWork, _parts.Broker, _parts.Events, _wake.Set, Ended, _inbox.Fault));
            }
        }

        // Those that are not listed any more too: that is how they go.
        foreach (PfLane lane in _lanes.Values)
            lane.TouchAtOnce();

        void Ended(PfLane lane, PfRun run) => _inbox.Add(now => Take(lane, run, now));
    }

    private void Take(PfLane lane, PfRun run, DateTimeOffset now)
    {
        lane.Take(run, now);
        foreach (Step step in run.Done)
        {
            _ledger = _ledger.After(step);
            _host = _host.After(step);
            if (step is SettleLease)
                _files.Touch();
        }

        foreach (Failure failure in run.Failures)
            _ledger = failure.Step is null ? _ledger : _ledger.AfterFailed(failure.Step);
        _host = _host.With(run.Refused);
        if (run.Seen is not { } sight)
        {
            _host = _host.Missing(lane.Pf);
            return;
        }

        // Whose network namespace it went to, or came from, is in CNI's records.
        if (_host.HasMovedVfs(lane.Pf, sight))
            _files.Touch();
        HostSnapshot before = _host;
        _host = _host.With(lane.Pf, sight, lane.VfsAreNew(now), _changes.Linked);
        if (!run.Done.IsEmpty || !ReferenceEquals(before.Pfs, _host.Pfs))
            lane.Changed(byOthers: run.Done.IsEmpty, now);
        if (sight.Pf is null)
            _lanes.Remove(lane.Pf);
    }

    private void Take(FilesRun run, DateTimeOffset now)
    {
        _files.Take(run, now);
        foreach (StepOutcome outcome in run.Outcomes)
        {
            // A PF that was gone and is back may have been recorded anew meanwhile, before or after; and a file that was written and could not be looked
            // at afterwards is there, though it is not seen.
            bool isCertain = outcome.Failure is null && outcome.Step switch
            {
                ReleasePf { Pf: var pf } => !_lanes.ContainsKey(pf),
                WriteFile => run.Seen is not null,
                _ => true,
            };
            _ledger = isCertain ? _ledger.After(outcome.Step) : _ledger.AfterFailed(outcome.Step);
        }

        if (run.Late is { } late)
            _ledger = _ledger.AfterFailed(late);

        if (run.Seen is { } seen)
        {
            _host = _host with
            {
                Backends = seen.Backends,
                Conflists = seen.Conflists,
                PodmanNetworks = seen.PodmanNetworks,
                CdiSpecs = seen.CdiSpecs,
                Containers = seen.Containers,
                Features = seen.Features,
            };
        }
    }

    private void TakeChanges(DateTimeOffset now)
    {
        (IReadOnlySet<PciAddress> devices, bool routes, bool everything) = _changes.Take();
        if (everything || now >= _resyncAt)
        {
            _scan.Touch();
            _files.Touch();
            _resyncAt = now + _parts.ResyncInterval;
            _host = _host.Forgetting((_, refusal) => Sightings.IsOfValue(refusal));
        }

        // Over which NIC the host is managed shows at the next look.
        IPAddress? broker = _parts.Broker.Address;
        if (routes || !Equals(broker, _broker))
        {
            _broker = broker;
            foreach (PfLane lane in _lanes.Values)
                lane.TouchAtOnce();
        }

        if (_folders.Take())
            _files.Touch();
        foreach (PciAddress device in devices)
        {
            if (_lanes.GetValueOrDefault(_host.PfOf(device) ?? device) is { } lane)
                lane.Touch(now);
            else
                _scan.Touch();
        }
    }

    private void StartLooks(DateTimeOffset now)
    {
        if (_scan.IsLookDue(now))
            _scan.Start(now);

        foreach (PfLane lane in _lanes.Values)
        {
            if (!lane.IsLookDue(now))
                continue;

            if (lane.IsRecheckDue(now))
                _files.Touch();
            lane.Start([], null, now);
        }

        if (_users.TakeDue(now))
            _files.Touch();
        if (_files.IsLookDue(now))
            _files.Start([], _host, now);
    }

    private void Reconcile(DateTimeOffset now)
    {
        DesiredState desired = _parts.Desired.Current;
        Plan plan = PlanFor(desired, now);
        _users.Consider(_host, now);
        (PfPlan Plan, ImmutableArray<Step> Steps)[] duePfs =
            [.. plan.Pfs.Values.Where(pf => !_lanes[pf.Pf].Busy).Select(pf => (Plan: pf, Steps: _lanes[pf.Pf].Judge(pf, _host, now))).Where(due => !due.Steps.IsEmpty)];
        List<ObjectSteps> dueFiles = _files.Busy ? [] : _files.Judge(plan, desired, now);

        // What will be done is said before it is done, and what was done after.
        _parts.Publish(new Report(
            desired,
            _host,
            _ledger,
            plan,
            _lanes.Values
                .Select(lane => KeyValuePair.Create(lane.Pf, lane.Findings(plan.Pfs.GetValueOrDefault(lane.Pf))))
                .Where(findings => !findings.Value.IsEmpty)
                .ToDictionary(),
            _files.Findings(plan),
            [.. _lanes.Values.Where(lane => lane.IsHung).Select(lane => lane.Pf)]));
        if (_parts.DryRun)
            return;

        foreach (PfLane lane in _lanes.Values)
            lane.StartRecord(now);
        foreach ((PfPlan pf, ImmutableArray<Step> steps) in duePfs.Where(due => !_lanes[due.Plan.Pf].Busy))
            _lanes[pf.Pf].Start(steps, _host.Pfs[pf.Pf], now, hasWayBack: !pf.GivesBack);
        if (dueFiles.Count > 0)
            _files.Start(dueFiles, _host, now);
    }

    // A wish that has come true meanwhile, or is gone, needs no way back.
    private Plan PlanFor(DesiredState desired, DateTimeOffset now)
    {
        Plan plan = _plan.For(desired, _host, _ledger);
        var rollbacks = new Dictionary<PciAddress, PfTarget>();
        foreach (PfLane lane in _lanes.Values)
        {
            PfPlan? wish = plan.Pfs.GetValueOrDefault(lane.Pf);
            if (wish is null or { Resources.IsEmpty: true, Changes.IsEmpty: true })
            {
                lane.Back.Unplanned(desired);
                if (!lane.Back.IsOpen || !_host.Pfs.ContainsKey(lane.Pf))
                    continue;

                wish ??= new PfPlan(lane.Pf, [], [], []);
                plan = plan with { Pfs = plan.Pfs.SetItem(lane.Pf, wish) };
            }
            else if (!lane.Busy)
                NoteWish(lane, wish, desired, now);

            if (wish.IsMet && lane.Back is { IsTaken: true, IsForced: false })
                lane.Back.End();
            if (lane.Back.Target is { } before)
                rollbacks.Add(lane.Pf, before);
        }

        return rollbacks.Count == 0 ? plan : Planner.Plan(desired, _host, _ledger, rollbacks);
    }

    // A new wish is a new chance, also for what the driver has refused.
    private void NoteWish(PfLane lane, PfPlan plan, DesiredState desired, DateTimeOffset now)
    {
        if (!lane.About([.. plan.Resources.Select(name => desired.Resources.GetValueOrDefault(name))], now))
            return;

        HostSnapshot host = _host.Forgetting((request, _) => request.Vf.Pf == lane.Pf);
        if (host.Refused.Count < _host.Refused.Count)
        {
            _host = host;
            _wake.Set();
        }
    }
}
