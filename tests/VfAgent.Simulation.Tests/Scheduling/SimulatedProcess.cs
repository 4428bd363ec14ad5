namespace VfAgent.Simulation.Tests.Scheduling;

/// <summary>
/// What runs and dies together: a context that awaits come back to, and a clock. When it is killed, nothing of it runs any more, as no
/// <c>finally</c> runs after SIGKILL.
/// </summary>
internal sealed class SimulatedProcess(Scheduler scheduler, string name) : SynchronizationContext
{
    private VirtualTime? _time;

    public string Name => name;

    public bool IsDead { get; private set; }

    public TimeProvider Time => _time ??= new VirtualTime(this, scheduler);

    /// <summary>Bugs: what an event handler or a timer threw. Whoever starts the work looks after all other exceptions.</summary>
    public Action<Exception> OnException { get; set; } = exception => throw new InvalidOperationException($"{name} has thrown", exception);

    public void Kill() => IsDead = true;

    public void Post(Action work) => Post(static state => ((Action)state!)(), work);

    public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("One thread cannot wait for itself.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>By the scheduler only.</summary>
    public void Run(SendOrPostCallback work, object? state)
    {
        if (IsDead)
            return;

        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        try
        {
            work(state);
        }
        catch (Exception exception)
        {
            if (!IsDead)
                OnException(exception);
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }
}
