namespace VfAgent.Simulation.Calls;

/// <summary>
/// Work handed to <c>RunAsync</c>. When a call in it blocks, the work is unwound, and run again from its start once the call has returned: the
/// calls it had already made are answered from its journal, without any effect. To the work, and to the machine, it looks as if a thread had
/// slept in the call.
/// </summary>
internal abstract class Run(AgentProcess process)
{
    private readonly List<object?> _journal = [];
    private int _position;

    /// <summary>Whose work it is.</summary>
    public AgentProcess Process => process;

    /// <summary>A call blocks: what the work still does on its way out, it has not done.</summary>
    public bool IsUnwinding { get; set; }

    public void Record(object? result)
    {
        _journal.Add(result);
        _position = _journal.Count;
    }

    public bool TryReplay<T>(out T result)
    {
        bool known = _position < _journal.Count;
        result = known ? (T)_journal[_position++]! : default!;
        return known;
    }

    /// <summary>Runs the work until it ends or blocks.</summary>
    /// <returns>What tells its awaiter, or null when it blocks.</returns>
    public abstract Action? Proceed();

    public abstract void Fail(Exception exception);

    protected void Rewind() => (_position, IsUnwinding) = (0, false);
}

internal sealed class Run<T>(AgentProcess process, Func<T> work) : Run(process)
{
    // Continuations run where the release happens: with no thread of its own, a simulation stays in one order.
    private readonly TaskCompletionSource<T> _end = new();

    public Task<T> Task => _end.Task;

    public override Action? Proceed()
    {
        Rewind();
        try
        {
            T result = work();
            return () => _end.TrySetResult(result);
        }
        catch (SimulatedHang)
        {
            return null;
        }
        catch (Exception exception)
        {
            return () => _end.TrySetException(exception);
        }
    }

    public override void Fail(Exception exception) => _end.TrySetException(exception);
}
