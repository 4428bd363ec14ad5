using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>A script of somebody's that sets a PF's MTU again and again for a while, whatever it is.</summary>
internal sealed class Script(Run run, Random random) : Actor(run, random)
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(3);

    private const string Mtu = "1450";

    protected override string Name => "script";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromMinutes(random.Of(4, 8));

    protected override void Act() => Again(Random.Of<Nic>([.. Run.Truth.Nics]), Random.Next(1, 30));

    private void Again(Nic nic, int times)
    {
        if (Run.IsCalm || times == 0)
            return;

        Say($"sets the MTU of {nic.Name} to {Mtu}");
        Run.Meddled(nic);
        Run.World.Others.Write($"{nic.Folder}/net/{nic.Name}/mtu", Mtu);
        Run.Touch();
        Run.After(_pause, () => Again(nic, times - 1));
    }
}
