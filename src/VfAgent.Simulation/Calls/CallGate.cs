using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Calls;

/// <summary>
/// The one door between the agent and the simulated machine: every call passes here one at a time, is counted, meets its fault and is logged.
/// </summary>
internal sealed class CallGate
{
    private readonly Lock _lock = new();
    private readonly List<LoggedCall> _log = [];
    private readonly BlockedCalls _blocked = new();
    private readonly List<Action> _afterwards = [];
    private Run? _run;
    private int _depth;
    private int _releases;

    public Func<SimulatedCall, Fault>? Faults { get; set; }

    public Action<LoggedCall>? Logged { get; set; }

    /// <summary>Where what happens later is noted down.</summary>
    public Hardware.Agenda? Agenda { get; set; }

    public int Reads { get; private set; }

    public int Writes { get; private set; }

    /// <summary>How often somebody was let in who may change something.</summary>
    public long Changes { get; private set; }

    /// <summary>The newest process of the agent. Every call says which one makes it: one that died cannot go on in the life of the next.</summary>
    public AgentProcess Process { get; private set; } = new();

    public IReadOnlyList<LoggedCall> Log
    {
        get
        {
            using Scope scope = Look();
            return _log.ToArray();
        }
    }

    /// <summary>To change something.</summary>
    public Scope Enter()
    {
        Scope scope = Look();
        Changes++;
        return scope;
    }

    /// <summary>To change nothing.</summary>
    public Scope Look()
    {
        _lock.Enter();
        _depth++;
        return new Scope(this);
    }

    public T Query<T>(AgentProcess process, CallKind kind, string path, Func<Fault, T> answer, Func<Errno, T> refuse)
    {
        using Scope scope = Look();
        process.ThrowIfDead();
        if (process == AgentProcess.Others)
            return answer(Fault.None);
        if (IsReplayed(process, out T known))
            return known;

        Reads++;
        return Perform(process, new SimulatedCall(0, kind, path), answer, refuse);
    }

    public IoError? Mutate(
        AgentProcess process, CallKind kind, string path, string? value, Func<Fault, IoError?> effect, Func<Errno, IoError?> refuse)
    {
        using Scope scope = Enter();
        process.ThrowIfDead();
        if (IsReplayed(process, out IoError? known))
            return known;

        bool isOthers = process == AgentProcess.Others;
        var call = new SimulatedCall(isOthers ? 0 : ++Writes, kind, path, value);
        return Perform(process, call, fault => fault.Kind == FaultKind.Lie ? null : effect(fault), refuse);
    }

    /// <summary>A call that takes something which another may have: it blocks until that is let go.</summary>
    public T Hold<T>(AgentProcess process, CallKind kind, string path, Func<Fault, T> effect, Func<Errno, T> refuse)
    {
        using Scope scope = Enter();
        process.ThrowIfDead();
        if (process == AgentProcess.Others && RunOf(process) is null)
            return effect(Fault.None);

        return IsReplayed(process, out T known) ? known : Perform(process, new SimulatedCall(0, kind, path), effect, refuse);
    }

    /// <summary>Lets it go. A process that is dead has let go already, and one that sleeps in a call has not come to this yet.</summary>
    public void Release(AgentProcess process, Action effect)
    {
        using Scope scope = Enter();
        if (process.IsDead || RunOf(process) is { IsUnwinding: true } || IsReplayed(process, out object? _))
            return;

        effect();
        RunOf(process)?.Record(null);
        Retry();
    }

    public Task<T> RunAsync<T>(AgentProcess process, Func<T> work)
    {
        process.ThrowIfDead();
        var run = new Run<T>(process, work);
        Start(run);
        return run.Task;
    }

    /// <summary>Does an actor's work now or, where it would block, as soon as it can.</summary>
    public void DoWhenPossible(Action work)
    {
        using Scope scope = Enter();
        _blocked.Add(null, _ => work());
        Retry();
    }

    /// <summary>Something was released: whatever blocked tries again.</summary>
    public void Retry()
    {
        using Scope scope = Enter();
        _blocked.Retry(run =>
        {
            if (Proceed(run) is { } tell)
                _afterwards.Add(tell);
        });
    }

    public void ReleaseHangs()
    {
        using Scope scope = Enter();
        _releases++;
        Retry();
    }

    /// <summary>The process dies, and what waited for its locks goes on.</summary>
    public void Kill()
    {
        using Scope scope = Enter();
        Die();
        Retry();
    }

    /// <summary>The machine goes down: nothing is left in any call.</summary>
    public void KillKernel()
    {
        using Scope scope = Enter();
        Die();
        _blocked.Clear();
    }

    public void StartProcess()
    {
        using Scope scope = Enter();
        Process = new AgentProcess();
    }

    private void Die()
    {
        Process.IsDead = true;
        _blocked.Abandon(run => _afterwards.Add(() => run.Fail(new SimulatedCrashException())));
    }

    private void Start(Run run)
    {
        using Scope scope = Enter();
        Proceed(run)?.Invoke();
    }

    private T Perform<T>(AgentProcess process, SimulatedCall call, Func<Fault, T> effect, Func<Errno, T> refuse)
    {
        Fault fault = process == AgentProcess.Others ? Fault.None : Faults?.Invoke(call) ?? Fault.None;
        if (fault.Kind == FaultKind.CrashBefore)
            throw Crash(call);

        try
        {
            T result = fault.Waits ? throw new SimulatedHang() : Make(call, fault, effect, refuse);
            if (fault.Kind == FaultKind.CrashAfter)
                throw Crash(call);

            RunOf(process)?.Record(result);
            return result;
        }
        catch (SimulatedHang)
        {
            Block(process, call, fault, effect, refuse);
            RunOf(process)!.IsUnwinding = true;
            throw;
        }
    }

    private T Make<T>(SimulatedCall call, Fault fault, Func<Fault, T> effect, Func<Errno, T> refuse)
    {
        T result = fault.Kind == FaultKind.Fail ? refuse((Errno)fault.Argument) : effect(fault);
        if (call.Mutates)
        {
            var logged = new LoggedCall(call, (result as IoError)?.Errno);
            _log.Add(logged);
            Logged?.Invoke(logged);
        }

        return result;
    }

    private void Block<T>(AgentProcess process, SimulatedCall call, Fault fault, Func<Fault, T> effect, Func<Errno, T> refuse)
    {
        Run waiting = RunOf(process)
            ?? throw new InvalidOperationException($"This call blocks, and only work inside RunAsync may wait for it: {call}");
        int releases = _releases;
        bool waits = fault.Waits;
        if (fault.Kind == FaultKind.Delay)
        {
            Agenda!.After(fault.Time, () =>
            {
                waits = false;
                Retry();
            });
        }

        _blocked.Add(waiting, run =>
        {
            if (waits && _releases == releases)
                throw new SimulatedHang();

            T result = Make(call, fault, effect, refuse);
            run?.Record(result);
        }, outlivesProcess: !call.IsOnFiles);
    }

    private Action? Proceed(Run run)
    {
        Run? outer = _run;
        _run = run;
        try
        {
            return run.Proceed();
        }
        finally
        {
            _run = outer;
        }
    }

    // Whoever looks at the machine while the agent is in a call is not part of the agent's work.
    private Run? RunOf(AgentProcess process) => _run is { } run && run.Process == process ? run : null;

    private bool IsReplayed<T>(AgentProcess process, out T known)
    {
        known = default!;
        return RunOf(process)?.TryReplay(out known) ?? false;
    }

    private SimulatedCrashException Crash(SimulatedCall call)
    {
        Kill();
        return new SimulatedCrashException($"the simulated agent died at call {call}");
    }

    private void Exit()
    {
        Action[] due = _depth == 1 ? [.. _afterwards] : [];
        if (due.Length > 0)
            _afterwards.Clear();

        _depth--;
        _lock.Exit();

        // Awaiters go on outside the lock: what they call may come from any thread.
        foreach (Action action in due)
            action();
    }

    public readonly ref struct Scope(CallGate gate)
    {
        public void Dispose() => gate.Exit();
    }
}
