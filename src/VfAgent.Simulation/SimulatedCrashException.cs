namespace VfAgent.Simulation;

/// <summary>
/// The agent's process is dead: thrown by the call that killed it and by every call after it. A restarted world has a new kernel and disk to call.
/// </summary>
public sealed class SimulatedCrashException : Exception
{
    public SimulatedCrashException()
        : this("the simulated agent is dead; the restarted world has a kernel and a disk for the next one")
    {
    }

    public SimulatedCrashException(string message)
        : base(message)
    {
    }

    public SimulatedCrashException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
