namespace VfAgent.Simulation.Calls;

/// <summary>One life of the agent, from its start to its crash.</summary>
internal sealed class AgentProcess
{
    /// <summary>The other programs of the host: their calls are not counted, not logged and meet no fault.</summary>
    public static readonly AgentProcess Others = new();

    public bool IsDead { get; set; }

    public void ThrowIfDead()
    {
        if (IsDead)
            throw new SimulatedCrashException();
    }
}
