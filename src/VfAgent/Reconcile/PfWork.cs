using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Host;
using VfAgent.Status;

namespace VfAgent.Reconcile;

/// <summary>What is done with a PF: take some steps, one after the other, and look at it again.</summary>
internal sealed class PfWork(PfReader reader, FeatureReader features, StepRunner runner, Worker worker, TimeProvider time, EventLog events)
{
    /// <param name="pf">Which.</param>
    /// <param name="steps">What to do; none just looks.</param>
    /// <param name="planned">The PF as the steps were planned for it; null for a look.</param>
    /// <returns>What became of it and, when a call has not returned by its deadline, that call: nothing else was tried then.</returns>
    public async Task<(PfRun Run, Task? Hung)> RunAsync(PciAddress pf, ImmutableArray<Step> steps, PhysicalFunction? planned)
    {
        var done = ImmutableArray.CreateBuilder<Step>();
        var failures = ImmutableArray.CreateBuilder<Failure>();
        var refused = ImmutableArray.CreateBuilder<(VfRequest, Finding)>();

        // A container may have started since the plan was made, or a route been led over the NIC: what takes VFs away, or may cut the host off, is
        // only done to what the plan saw.
        if (steps.Any(step => step.DisturbsVfs || step.ChangesPf))
        {
            Attempt<IoResult<Sight>> before = await LookAsync(pf, withFeatures: false);
            if (before.Hung is not null || before.Value.Value?.Pf is not { } now || planned is null || !IsAsPlanned(now, planned))
                return End(before);
        }

        HashSet<VfId> failedVfs = [];
        long start = time.GetTimestamp();
        foreach (Step step in steps)
        {
            // Slow steps may have made the plan an old one. What is left of it comes again with the next, if it is still wanted.
            if (time.GetElapsedTime(start) > Deadlines.Plan)
                break;

            if (step is IVfStep { Vf: var vf } && failedVfs.Contains(vf))
                continue;

            TimeSpan deadline = Deadlines.Of(step);
            Attempt<Finding?> attempt = await worker.RunAsync(() => runner.Run(step), deadline);
            if (attempt.Hung is { } hung)
            {
                failures.Add(new(step, FailureReasons.Timeout(step.ToString(), deadline)));
                return (Run(null, isHung: true), hung);
            }

            if (attempt.Value is not { } failure)
            {
                done.Add(step);
                events.Info(pf.ToString(), "StepDone", step.ToString());
                continue;
            }

            events.Warn(pf.ToString(), "StepFailed", failure.Message);

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
        return End(await LookAsync(pf, withFeatures: done.Any(step => step is LoadModule)));

        (PfRun, Task?) End(Attempt<IoResult<Sight>> look)
        {
            if (look.Hung is not null)
                failures.Add(new(null, FailureReasons.Timeout($"read {pf}", Deadlines.Observe)));
            else if (!look.Value.Ok)
                failures.Add(new(null, FailureReasons.Unreadable(look.Value.Error)));
            return (Run(look.Value.Value, look.Hung is not null), look.Hung);
        }

        PfRun Run(Sight? sight, bool isHung) => new(done.ToImmutable(), failures.ToImmutable(), refused.ToImmutable(), sight, isHung);
    }

    // No event tells of sriov_drivers_autoprobe.
    private static bool IsAsPlanned(PhysicalFunction now, PhysicalFunction planned) =>
        now.Vfs.SequenceEqual(planned.Vfs) && now.Carries == planned.Carries && now.DriversAutoprobe == planned.DriversAutoprobe;

    private Task<Attempt<IoResult<Sight>>> LookAsync(PciAddress pf, bool withFeatures) => worker.RunAsync(
        () =>
        {
            var look = new Look();
            return look.Seen(new Sight(reader.Read(pf, look), withFeatures ? features.Read() : null));
        },
        Deadlines.Observe);
}

/// <param name="Done">Steps that reported success.</param>
/// <param name="Failures">Why others did not.</param>
/// <param name="Refused">Settings of VFs that the driver does not take.</param>
/// <param name="Seen">What was seen afterwards; null when the PF could not be looked at.</param>
/// <param name="Hung">The kernel has not come back: there will be another report when it does.</param>
internal sealed record PfRun(
    ImmutableArray<Step> Done, ImmutableArray<Failure> Failures, ImmutableArray<(VfRequest Request, Finding Finding)> Refused, Sight? Seen, bool Hung);

/// <param name="Pf">null when the PF is gone.</param>
/// <param name="Features">What of the host's features may have changed; null when nothing did.</param>
internal sealed record Sight(PhysicalFunction? Pf, HostFeatures? Features);
