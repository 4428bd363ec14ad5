using VfAgent.Simulation.Calls;

namespace VfAgent.Simulation.Hardware;

/// <summary>
/// What the machine will do later, on one timer: by due time and, within one time, in the order it was asked for. When the clock jumps, entries that
/// lead to others do so at their own time, so that one jump gives what many small ones give.
/// </summary>
internal sealed class Agenda : IDisposable
{
    private readonly PriorityQueue<Action, (TimeSpan Due, long Order)> _entries = new();
    private readonly TimeProvider _time;
    private readonly CallGate _gate;
    private readonly ITimer _timer;
    private readonly long _start;
    private TimeSpan? _running;
    private long _order;

    public Agenda(TimeProvider time, CallGate gate)
    {
        (_time, _gate, _start) = (time, gate, time.GetTimestamp());
        _timer = time.CreateTimer(_ => RunDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Now => _running ?? _time.GetElapsedTime(_start);

    /// <summary>Does it after the delay; at once when there is none.</summary>
    public void After(TimeSpan delay, Action action)
    {
        if (delay <= TimeSpan.Zero)
        {
            action();
            return;
        }

        _entries.Enqueue(action, (Now + delay, _order++));
        if (_running is null)
            Arm();
    }

    public void Clear() => _entries.Clear();

    public void Dispose() => _timer.Dispose();

    private void RunDue()
    {
        using CallGate.Scope scope = _gate.Enter();
        TimeSpan now = Now;
        try
        {
            while (_entries.TryPeek(out _, out (TimeSpan Due, long Order) next) && next.Due <= now)
            {
                _running = next.Due;
                _entries.Dequeue()();
            }
        }
        finally
        {
            _running = null;
        }

        Arm();
    }

    private void Arm()
    {
        if (!_entries.TryPeek(out _, out (TimeSpan Due, long Order) next))
            return;

        // Timers count whole milliseconds: rounded down, they would come too early.
        double milliseconds = Math.Ceiling((next.Due - Now).TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(milliseconds, 0)), Timeout.InfiniteTimeSpan);
    }
}
