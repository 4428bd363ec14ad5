using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Faults;

/// <summary>Decides for every call of the agent what goes wrong with it, if anything.</summary>
internal sealed class Injector(Run run, Random random)
{
    private static readonly Errno[] _kernelErrors =
    [
        Errno.EBUSY, Errno.ENOMEM, Errno.ENOSPC, Errno.EAGAIN, Errno.EINVAL, Errno.EPERM, Errno.EACCES, Errno.ENODEV, Errno.EIO, Errno.ENOENT,
        Errno.ERANGE, Errno.ETIMEDOUT, Errno.EROFS,
    ];

    // Several kinds may want a call; whoever comes first here gets it. Chances are for one call.
    private static readonly (Disaster Kind, Func<SimulatedCall, double> Chance, Func<SimulatedCall, Random, Fault> Fault)[] _ofCalls =
    [
        (Disaster.KernelError, call => IsKernelWrite(call) ? 0.08 : 0, (_, random) => Fault.Fail(random.Of<Errno>(_kernelErrors))),
        (Disaster.ReadError, call => IsKernelRead(call) ? 0.003 : 0, (_, random) => Fault.Fail(random.Of(Errno.EIO, Errno.ENOMEM, Errno.EACCES))),
        (Disaster.SlowCall, call => call.Mutates ? 0.05 : 0.002, (_, random) => Fault.Delay(random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(8)))),
        (Disaster.HungCall, call => call.Mutates ? 0.01 : 0.0003, (_, random) => Fault.Delay(random.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(6)))),
        (Disaster.NoEffect, call => IsKernelWrite(call) ? 0.08 : 0, (_, _) => Fault.Lie),
        (Disaster.FewerVfs, call => IsNumVfs(call) ? 0.2 : 0, (call, random) => Fault.FewerVfs(random.Next(int.Parse(call.Value!) + 1))),
        (Disaster.SyncError, call => call.Kind == CallKind.SyncFile ? 0.08 : 0, (_, _) => Fault.Fail(Errno.EIO)),
        (Disaster.FileReadError, call => IsFileRead(call) ? 0.005 : 0, (_, _) => Fault.Fail(Errno.EIO)),
    ];

    private readonly Dictionary<Disaster, TimeSpan> _over = [];

    private ImmutableArray<Disaster> Disasters => run.Plan.Disasters;

    /// <summary>Begins what lasts for a while, or happens at a time and not at a call.</summary>
    public void Start()
    {
        foreach (Disaster kind in Disasters)
        {
            Action? act = kind switch
            {
                Disaster.DiskFull or Disaster.DiskReadOnly => () => _over[kind] = run.Scheduler.Now + random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)),
                Disaster.LostEvents => run.World.Others.LoseEvents,
                Disaster.Reboot => run.Supervisor.Reboot,
                _ => null,
            };
            if (act is not null)
                Again(kind, act);
        }
    }

    public Fault Decide(SimulatedCall call)
    {
        run.Scheduler.ThrowIfStray();
        if (run.IsCalm)
            return Fault.None;

        foreach (Disaster kind in Disasters)
        {
            if (kind is Disaster.Crash or Disaster.PowerLoss && random.Chance(call.Mutates ? 0.008 : 0.0002))
                return Die(kind, call);
            if (Lasting(kind, call) is { } errno)
                return Tell(kind, call, Fault.Fail(errno));
        }

        foreach ((Disaster kind, Func<SimulatedCall, double> chance, Func<SimulatedCall, Random, Fault> fault) in _ofCalls)
        {
            if (Disasters.Contains(kind) && random.Chance(chance(call)))
                return IsBeforeTheLoop(call) ? Fault.None : Tell(kind, call, fault(call, random));
        }

        return Fault.None;
    }

    private Fault Die(Disaster kind, SimulatedCall call)
    {
        bool before = random.Chance(0.5);
        run.Trace.Note("fault", $"{kind} {(before ? "before" : "after")} {call}");
        run.Supervisor.Dies(powerIsLost: kind == Disaster.PowerLoss);
        return before ? Fault.CrashBefore : Fault.CrashAfter;
    }

    private Errno? Lasting(Disaster kind, SimulatedCall call) => kind switch
    {
        Disaster.DiskFull when Lasts(kind) && call.Kind is CallKind.WriteFile or CallKind.CreateDirectory => Errno.ENOSPC,
        Disaster.DiskReadOnly when Lasts(kind) && call.Kind is CallKind.WriteFile or CallKind.RenameFile or CallKind.DeleteFile => Errno.EROFS,
        _ => null,
    };

    private bool Lasts(Disaster kind) => _over.GetValueOrDefault(kind) > run.Scheduler.Now;

    private Fault Tell(Disaster kind, SimulatedCall call, Fault fault)
    {
        run.Trace.Note("fault", $"{kind} at {call}");
        run.Disturbed(kind);
        if (kind is Disaster.SlowCall or Disaster.HungCall)
            run.Delaying(call);
        return fault;
    }

    private void Again(Disaster kind, Action act) => run.After(random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(8)), () =>
    {
        if (run.IsCalm)
            return;

        run.Trace.Note("fault", $"{kind}");
        act();
        run.Disturbed(kind);
        run.Touch();
        Again(kind, act);
    });

    // What is asked for the birth message, where nothing may wait.
    private static bool IsBeforeTheLoop(SimulatedCall call) => call.Path.StartsWith("/proc/sys/kernel", StringComparison.Ordinal);

    private static bool IsKernelWrite(SimulatedCall call) => call.Kind is CallKind.Write or CallKind.SetLinkMtu or CallKind.SetLinkUp or CallKind.SetVf or
        CallKind.SetEswitch or CallKind.LoadModule;

    private static bool IsNumVfs(SimulatedCall call) => call is { Kind: CallKind.Write, Value: not "0" } && call.Path.EndsWith("/sriov_numvfs", StringComparison.Ordinal);

    private static bool IsKernelRead(SimulatedCall call) => !call.Mutates && !IsFileRead(call);

    private static bool IsFileRead(SimulatedCall call) => call.Kind is CallKind.ReadFile or CallKind.ListFiles or CallKind.StatFile;
}
