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

    /// <summary>Since when the kernel has been about to show something.</summary>
    public DateTimeOffset? WaitingSince { get; set; }

    public DateTimeOffset? LookAgainAt { get; set; }

    /// <summary>Whether the PF was looked at since the start.</summary>
    public bool Seen { get; set; }

    public Trouble Trouble { get; } = new();

    public void Start(ImmutableArray<Step> steps)
    {
        Busy = true;
        DirtySince = null;
        LookAgainAt = null;
        _ = GuardAsync(steps);
    }

    /// <summary>The loop has taken the run's report.</summary>
    public void Finish() => Busy = false;

    private async Task GuardAsync(ImmutableArray<Step> steps)
    {
        try
        {
            await RunAsync(steps);
        }
        catch (Exception exception)
        {
            faulted(exception);
        }
    }

    private async Task RunAsync(ImmutableArray<Step> steps)
    {
        var done = ImmutableArray.CreateBuilder<Step>();
        var failures = ImmutableArray.CreateBuilder<Finding>();
        HashSet<VfId> failedVfs = [];
        foreach (Step step in steps)
        {
            if (VfOf(step) is { } vf && failedVfs.Contains(vf))
                continue;

            TimeSpan deadline = Deadlines.Of(step);
            Attempt<IoError?> attempt = await worker.RunAsync(() => runner.Run(step), deadline);
            if (attempt.Hung is { } hung)
            {
                failures.Add(FailureReasons.Timeout(step.ToString(), deadline));
                await ReportHungAsync(hung, done, failures);
                return;
            }

            if (attempt.Value is not { } error)
            {
                done.Add(step);
                events.Info(Pf.ToString(), "StepDone", step.ToString());
                continue;
            }

            failures.Add(FailureReasons.For(step, error));
            events.Warn(Pf.ToString(), "StepFailed", failures[^1].Message);

            // One VF that fails is no reason to leave the others without a driver; anything else, what follows builds upon.
            if (VfOf(step) is { } failed)
                failedVfs.Add(failed);
            else
                break;
        }

        // A module that was loaded shows as a feature of the host, not of the PF.
        bool loaded = done.Any(step => step is LoadModule);
        Attempt<(PhysicalFunction? Pf, HostFeatures? Features)> look =
            await worker.RunAsync(() => (reader.Read(Pf), loaded ? features.Read() : null), Deadlines.Observe);
        if (look.Hung is { } hungLook)
        {
            failures.Add(FailureReasons.Timeout($"read {Pf}", Deadlines.Observe));
            await ReportHungAsync(hungLook, done, failures);
            return;
        }

        ended(new PfRun(this, done.ToImmutable(), failures.ToImmutable(), Observed: true, look.Value.Pf, look.Value.Features, Hung: false));
    }

    // Reported twice: now, so that the status says it, and when the driver comes back, so that the PF is looked at again.
    private async Task ReportHungAsync(Task hung, ImmutableArray<Step>.Builder done, ImmutableArray<Finding>.Builder failures)
    {
        events.Error(Pf.ToString(), "KernelTimeout", failures[^1].Message);
        var report = new PfRun(this, done.ToImmutable(), failures.ToImmutable(), Observed: false, null, null, Hung: true);
        ended(report);
        await hung.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended(report with { Done = [], Hung = false });
    }

    private static VfId? VfOf(Step step) => step switch
    {
        SetDriverOverride s => s.Vf,
        UnbindDriver s => s.Vf,
        ProbeDriver s => s.Vf,
        _ => null,
    };
}

/// <param name="Lane">Whose run it was.</param>
/// <param name="Done">Steps that reported success.</param>
/// <param name="Failures">Why others did not.</param>
/// <param name="Observed">Whether the PF could be looked at afterwards.</param>
/// <param name="Pf">What was seen; null when the PF is gone.</param>
/// <param name="Features">What of the host's features may have changed; null when nothing did.</param>
/// <param name="Hung">The kernel has not come back: there will be another report when it does.</param>
internal sealed record PfRun(
    PfLane Lane, ImmutableArray<Step> Done, ImmutableArray<Finding> Failures, bool Observed, PhysicalFunction? Pf, HostFeatures? Features, bool Hung);
