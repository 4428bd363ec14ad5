using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>Whoever decides over which link the host is reached: now one that has VFs, now another.</summary>
internal sealed class Router(Run run, Random random) : Actor(run, random)
{
    protected override string Name => "router";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromMinutes(random.Of(3, 10));

    protected override void Act()
    {
        string? link = Random.Chance(Run.Plan.HangsOnMtu ? 0.1 : 0.4) ? null : Random.Of<Nic>([.. Run.Truth.Nics]).Name;
        Say($"leads the default route over {link ?? "nothing"}");
        Run.Route(link);
    }
}
