using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>Restarts the agent, as an upgrade does.</summary>
internal sealed class Operator(Run run, Random random) : Actor(run, random)
{
    protected override string Name => "operator";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromMinutes(random.Of(1, 5));

    protected override void Act() => Run.Supervisor.Stop();
}
