namespace VfAgent.Simulation;

/// <summary>The agent's process is dead: thrown by the call that killed it and by every call after it, until the world restarts it.</summary>
public sealed class SimulatedCrashException : Exception
{
    public SimulatedCrashException()
        : this("the simulated agent has crashed")
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
