using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// One PF's own line of work: take some steps, look at the PF again, report. PFs do not wait for each other, and one whose driver
/// hangs is left alone until it comes back.
/// </summary>
internal sealed class PfLane(
    PciAddress pf, PfReader reader, FeatureReader features, StepRunner runner, Worker worker, EventLog events, Action<PfRun> ended, Action<Exception> faulted)
{
    public PciAddress Pf { get; } = pf;

    /// <summary>A run is under way; of the PF only what its end reports is known.</summary>
    public bool Busy { get; private set; }

    /// <summary>Something may have changed at this time or before: it has to be looked at.</summary>
    public DateTimeOffset? DirtySince { get; set; }

    /// <summary>When the agent last made VFs here.</summary>
    public DateTimeOffset VfsMadeAt { get; set; }

    /// <summary>Since when the kernel has been about to show something.</summary>
    public DateTimeOffset? WaitingSince { get; set; }

    /// <summary>When to look again at what no event tells of.</summary>
    public Recheck Recheck { get; } = new(Deadlines.FirstRecheck, Deadlines.LongestRecheck);

    /// <summary>Why the last look has shown nothing; of the PF only what an earlier one saw is known.</summary>
    public Finding? Unseen { get; set; }

    /// <summary>Whether the PF was looked at since the start.</summary>
    public bool Seen { get; set; }

    public Trouble Trouble { get; } = new();

    public Rollback Rollback { get; } = new();

    /// <summary>What is wrong here, besides what the plan says.</summary>
    public ImmutableArray<Finding> Findings => Unseen is null || Trouble.Findings.Contains(Unseen) ? Trouble.Findings : [Unseen, .. Trouble.Findings];

    /// <param name="steps">What to do; none just looks.</param>
    /// <param name="planned">The PF as the steps were planned for it; null for a look.</param>
    /// <param name="now">When.</param>
    public void Start(ImmutableArray<Step> steps, PhysicalFunction? planned, DateTimeOffset now)
    {
        Busy = true;
        DirtySince = null;
        Recheck.Begin(now);
        if (planned is not null)
            Rollback.Begin(planned);
        _ = GuardAsync(steps, planned);
    }

    /// <summary>The loop has taken the run's report.</summary>
    public void Finish() => Busy = false;

    /// <summary>After a failure: whether the PF is to be brought back to what it was.</summary>
    public void ConsiderRollback(DateTimeOffset now)
    {
        ImmutableArray<Step> failed = Trouble.TakeFailed();
        if (failed.IsEmpty)
            return;

        if (Rollback.Fail(failed))
            GiveUpRollback(now);
        else
            Trouble.GoBack(Rollback.Target is not null);
    }

    public void GiveUpRollback(DateTimeOffset now)
    {
        Rollback.End();
        Trouble.WentBack(new Finding(Reasons.RollbackFailed, $"{Pf} could not be brought back to what it was before"), now);
        events.Error(Pf.ToString(), "RollbackFailed", "it is neither as asked for nor as before");
    }

    public void EndRollback(DateTimeOffset now)
    {
        if (!Rollback.HasBegun)
        {
            Rollback.End();
            Trouble.GoBack(false);
            return;
        }

        var finding = new Finding(Reasons.RolledBack, $"{Pf} is as it was before: {Rollback.Target}");
        Rollback.End();
        Trouble.WentBack(finding, now);
        events.Warn(Pf.ToString(), "RolledBack", finding.Message);
    }

    private async Task GuardAsync(ImmutableArray<Step> steps, PhysicalFunction? planned)
    {
        try
        {
            (PfRun report, Task? hung) = await RunAsync(steps, planned);
            ended(report);
            if (hung is null)
                return;

            // Reported twice: just now, so that the status says it, and when the driver comes back, so that the PF is looked at again.
            events.Error(Pf.ToString(), "KernelTimeout", report.Failures[^1].Finding.Message);
            await hung.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            ended(report with { Done = [], Refused = [], Hung = false });
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }

    private async Task<(PfRun Report, Task? Hung)> RunAsync(ImmutableArray<Step> steps, PhysicalFunction? planned)
    {
        var done = ImmutableArray.CreateBuilder<Step>();
        var failures = ImmutableArray.CreateBuilder<Failure>();
        var refused = ImmutableArray.CreateBuilder<(VfRequest, Finding)>();

        // A container may have started since the plan was made: what takes VFs away is only done to what the plan saw.
        if (steps.Any(step => step.DisturbsVfs))
        {
            Attempt<IoResult<Sight>> before = await LookAsync(withFeatures: false);
            if (before.Hung is not null || before.Value.Value?.Pf is not { } now || planned is null || !now.Vfs.SequenceEqual(planned.Vfs))
                return End(before);
        }

        HashSet<VfId> failedVfs = [];
        foreach (Step step in steps)
        {
            if (step is IVfStep { Vf: var vf } && failedVfs.Contains(vf))
                continue;

            TimeSpan deadline = Deadlines.Of(step);
            Attempt<Finding?> attempt = await worker.RunAsync(() => runner.Run(step), deadline);
            if (attempt.Hung is { } hung)
            {
                failures.Add(new(step, FailureReasons.Timeout(step.ToString(), deadline)));
                return (Report(null, isHung: true), hung);
            }

            if (attempt.Value is not { } failure)
            {
                done.Add(step);
                events.Info(Pf.ToString(), "StepDone", step.ToString());
                continue;
            }

            events.Warn(Pf.ToString(), "StepFailed", failure.Message);

            // What a driver does not take is no failure of the change: the plan leaves it out from now on, and says so.
            if (step is SetVf { Request: var request } && FailureReasons.IsRefusal(failure.Reason))
            {
                refused.Add((request, failure));
                continue;
            }

            failures.Add(new(step, failure));

            // One VF that fails is no reason to leave the others without a driver; anything else, what follows builds upon.
            if (step is IVfStep failed)
                failedVfs.Add(failed.Vf);
            else
                break;
        }

        // A module that was loaded shows as a feature of the host, not of the PF.
        return End(await LookAsync(withFeatures: done.Any(step => step is LoadModule)));

        (PfRun, Task?) End(Attempt<IoResult<Sight>> look)
        {
            if (look.Hung is not null)
                failures.Add(new(null, FailureReasons.Timeout($"read {Pf}", Deadlines.Observe)));
            else if (!look.Value.Ok)
                failures.Add(new(null, FailureReasons.Unreadable(look.Value.Error)));
            return (Report(look.Value.Value, look.Hung is not null), look.Hung);
        }

        PfRun Report(Sight? sight, bool isHung) => new(this, done.ToImmutable(), failures.ToImmutable(), refused.ToImmutable(), sight, isHung);
    }

    private Task<Attempt<IoResult<Sight>>> LookAsync(bool withFeatures) => worker.RunAsync(
        () =>
        {
            var look = new Look();
            return look.Seen(new Sight(reader.Read(Pf, look), withFeatures ? features.Read() : null));
        },
        Deadlines.Observe);
}

/// <param name="Lane">Whose run it was.</param>
/// <param name="Done">Steps that reported success.</param>
/// <param name="Failures">Why others did not.</param>
/// <param name="Refused">Settings of VFs that the driver does not take.</param>
/// <param name="Seen">What was seen afterwards; null when the PF could not be looked at.</param>
/// <param name="Hung">The kernel has not come back: there will be another report when it does.</param>
internal sealed record PfRun(
    PfLane Lane, ImmutableArray<Step> Done, ImmutableArray<Failure> Failures, ImmutableArray<(VfRequest Request, Finding Finding)> Refused,
    Sight? Seen, bool Hung);

/// <param name="Pf">null when the PF is gone.</param>
/// <param name="Features">What of the host's features may have changed; null when nothing did.</param>
internal sealed record Sight(PhysicalFunction? Pf, HostFeatures? Features);
