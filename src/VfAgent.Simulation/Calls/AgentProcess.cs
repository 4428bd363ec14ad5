namespace VfAgent.Simulation.Calls;

/// <summary>One life of the agent, from its start to its crash.</summary>
internal sealed class AgentProcess
{
    public bool IsDead { get; set; }

    public void ThrowIfDead()
    {
        if (IsDead)
            throw new SimulatedCrashException();
    }
}
