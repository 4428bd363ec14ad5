using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>A promise of the product, held against the simulated world at every step.</summary>
internal abstract class Invariant(Run run)
{
    /// <summary>As a reader of the product's documents knows it.</summary>
    public abstract string Promise { get; }

    protected Run Run { get; } = run;

    /// <summary>The agent is about to make a call, of any kind.</summary>
    public virtual void Calling(SimulatedCall call)
    {
    }

    /// <summary>A call of the agent takes its time.</summary>
    public virtual void Delaying(SimulatedCall call)
    {
    }

    /// <summary>Something goes wrong now.</summary>
    public virtual void Disturbed(Disaster kind)
    {
    }

    /// <summary>A mutating call of the agent has returned.</summary>
    public virtual void Called(LoggedCall call)
    {
    }

    /// <summary>Something in the world has changed.</summary>
    public virtual void Changed()
    {
    }

    /// <summary>Somebody has published config.</summary>
    public virtual void Published()
    {
    }

    /// <summary>Somebody else changes a NIC by hand.</summary>
    public virtual void Meddled(Nic nic)
    {
    }

    /// <summary>The default route leads over another link.</summary>
    public virtual void Routed()
    {
    }

    /// <summary>There is a new life of the agent, which has not done anything yet.</summary>
    public virtual void AgentStarted()
    {
    }

    /// <summary>The host went down, and what was on the way to the disk is lost.</summary>
    public virtual void WentDown()
    {
    }

    protected void Broken(string how) => Run.Break(Promise, how);

    protected static string NameIn(string path) => Path.GetFileName(path);
}
