using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>systemd, and whoever pulls the plug: starts the agent and brings it back whenever it has ended.</summary>
internal sealed class Supervisor(Run run, Random random)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    private int _lives;
    private int _ends;

    public AgentLife? Life { get; private set; }

    public bool IsUp => Life is { Process.IsDead: false };

    /// <summary>Since when there has been an agent without a break; null while there is none.</summary>
    public TimeSpan? UpSince { get; private set; }

    public void Start()
    {
        _lives++;
        run.Trace.Note("systemd", $"starts the agent ({_lives})");
        UpSince = run.Scheduler.Now;
        run.AgentStarted();
        Life = new AgentLife(run, _lives, ended: () => Revive(TimeSpan.FromSeconds(5), run.World.Restart));
    }

    /// <summary>The agent dies at this very moment, in the middle of a call.</summary>
    public void Dies(bool powerIsLost)
    {
        Kill(silently: powerIsLost);
        if (powerIsLost)
            Revive(TimeSpan.FromSeconds(30), () => run.World.PowerLoss(chance: true), "the power is lost");
        else
            Revive(random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(20)), run.World.Restart);
    }

    public void Reboot()
    {
        Kill();
        Revive(TimeSpan.FromSeconds(30), () => run.World.Reboot(Renumbered()), "the host reboots");
    }

    // Another card in the host or another kernel: other addresses, names or IOMMU groups.
    private Numbering Renumbered()
    {
        Numbering now = run.World.Numbering;
        if (random.Chance(0.5))
            now = now with { FirstIommuGroup = now.FirstIommuGroup + 40 };
        if (random.Chance(0.2))
            now = now with { FirstBus = random.Next(1, 4) };
        if (random.Chance(0.2))
            now = now with { FirstNetdev = random.Next(2, 5) };
        return now;
    }

    /// <summary>In good order, unless that takes too long.</summary>
    public void Stop()
    {
        if (!IsUp)
            return;

        AgentLife stopped = Life!;
        run.Trace.Note("systemd", "stops the agent");
        stopped.Stop();
        run.After(_patience, () =>
        {
            if (Life != stopped || stopped.Process.IsDead)
                return;

            run.Trace.Note("systemd", "kills the agent, which has not stopped");
            Kill();
            Revive(TimeSpan.Zero, run.World.Restart);
        });
    }

    // Its sockets close with it, but for a host that is down: nobody closes those.
    private void Kill(bool silently = false)
    {
        Life?.Process.Kill();
        if (silently)
            run.Broker.Mute(Run.AgentClient);
        else
            run.Broker.Cut(Run.AgentClient);
        UpSince = null;
    }

    // At first what dies with it; the world may be in the middle of a call, so not at once.
    private void Revive(TimeSpan pause, Action end, string? what = null)
    {
        int number = ++_ends;
        UpSince = null;
        run.After(TimeSpan.Zero, () =>
        {
            if (what is not null)
                run.Trace.Note("host", what);
            end();
            if (what is not null)
                run.HostWentDown();
            run.Touch();
        });
        run.After(pause + TimeSpan.FromMilliseconds(1), () =>
        {
            if (number == _ends)
                Start();
        });
    }
}
