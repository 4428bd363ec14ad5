namespace VfAgent.Simulation.Tests.Scheduling;

/// <summary>
/// One thread that everything of a simulated world runs on. What is ready runs in an order of the seed's choice; when nothing is, the clock
/// jumps to the next timer. So a world's history is a function of its seed, and a day without work takes no time.
/// </summary>
internal sealed class Scheduler(Random random)
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<(SimulatedProcess Process, SendOrPostCallback Work, object? State)> _ready = [];
    private readonly PriorityQueue<(VirtualTimer Timer, int Setting), (long Due, int Tie)> _timers = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    public SimulatedProcess NewProcess(string name) => new(this, name);

    /// <summary>Runs one thing that is ready, after a jump of the clock if nothing is.</summary>
    /// <returns>false when nothing is left to do until then; the clock stands there.</returns>
    public bool Step(TimeSpan until)
    {
        if (_ready.Count == 0 && !Jump(until))
            return false;

        int choice = random.Next(_ready.Count);
        (SimulatedProcess process, SendOrPostCallback work, object? state) = _ready[choice];
        _ready[choice] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        Steps++;
        process.Run(work, state);
        return true;
    }

    public void Post(SimulatedProcess process, SendOrPostCallback work, object? state)
    {
        // A dead one's finalizers come from another thread, and nobody hears them.
        if (process.IsDead)
            return;

        ThrowIfStray();
        _ready.Add((process, work, state));
    }

    public void Arm(VirtualTimer timer, int setting, TimeSpan due)
    {
        ThrowIfStray();
        _timers.Enqueue((timer, setting), ((Now + due).Ticks, random.Next()));
    }

    /// <summary>Nothing that belongs to the world may leave its thread: its order would be the machine's choice.</summary>
    public void ThrowIfStray()
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException("Work has left the scheduler's thread: somewhere an await does not come back to its context.");
    }

    // All timers that are due at the same time are ready together.
    private bool Jump(TimeSpan until)
    {
        while (_timers.TryPeek(out (VirtualTimer Timer, int Setting) next, out (long Due, int Tie) at))
        {
            if (_ready.Count > 0 && at.Due > Now.Ticks)
                break;
            if (at.Due > until.Ticks)
                break;

            _timers.Dequeue();
            if (!next.Timer.IsSet(next.Setting))
                continue;

            Now = TimeSpan.FromTicks(Math.Max(at.Due, Now.Ticks));
            next.Timer.Fire();
        }

        if (_ready.Count == 0)
            Now = until;

        return _ready.Count > 0;
    }
}
