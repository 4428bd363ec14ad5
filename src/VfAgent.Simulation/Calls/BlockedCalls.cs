namespace VfAgent.Simulation.Calls;

/// <summary>The calls that have not returned yet, in the order they were made.</summary>
internal sealed class BlockedCalls
{
    private readonly List<BlockedCall> _calls = [];

    /// <param name="run">The work that waits for it; null for an actor's.</param>
    /// <param name="attempt">Makes the call, or blocks again; given the work if that still waits.</param>
    /// <param name="outlivesProcess">Whether it goes on when its process is killed.</param>
    public void Add(Run? run, Action<Run?> attempt, bool outlivesProcess = true) =>
        _calls.Add(new BlockedCall(attempt, outlivesProcess) { Run = run });

    /// <summary>Each tries again, until none gets on; one that returns may be what another waits for.</summary>
    public void Retry(Action<Run> proceed)
    {
        for (int i = 0; i < _calls.Count;)
        {
            BlockedCall call = _calls[i];
            if (!HasReturned(call))
            {
                i++;
                continue;
            }

            _calls.RemoveAt(i);
            i = 0;
            if (call.Run is { } run)
                proceed(run);
        }
    }

    /// <summary>
    /// The process died. Its calls stay in the drivers, as a write(2) does whose caller is killed; but not those on files, for as long as one
    /// of these lasts nobody starts another process, and no other call gets at the folder.
    /// </summary>
    public void Abandon(Action<Run> fail)
    {
        foreach (BlockedCall call in _calls.Where(call => call.Run is { Process.IsDead: true }).ToArray())
        {
            fail(call.Run!);
            call.Run = null;
            if (!call.OutlivesProcess)
                _calls.Remove(call);
        }
    }

    public void Clear() => _calls.Clear();

    private static bool HasReturned(BlockedCall call)
    {
        try
        {
            call.Attempt(call.Run);
            return true;
        }
        catch (SimulatedHang)
        {
            return false;
        }
    }

    private sealed class BlockedCall(Action<Run?> attempt, bool outlivesProcess)
    {
        public bool OutlivesProcess => outlivesProcess;

        public Action<Run?> Attempt { get; } = attempt;

        public Run? Run { get; set; }
    }
}
