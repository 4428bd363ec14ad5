using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Broker;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Faults;

/// <summary>What goes wrong at the broker, by the plan's kinds.</summary>
internal sealed class BrokerTrouble(Run run, Random random)
{
    private const int Jumbo = 9000;

    private bool _isCutOffByAgent;

    private SimulatedBroker Broker => run.Broker;

    public void Start()
    {
        foreach (Disaster kind in run.Plan.Disasters)
        {
            switch (kind)
            {
                case Disaster.BrokerSlow:
                    Broker.Faults.Latency = (1, random.Of(50, 1000, 5000));
                    break;
                case Disaster.BrokerDrops:
                    Broker.Limits = new BrokerLimits { QueuedMessages = random.Next(1, 6), InFlightMessages = (ushort)random.Next(1, 6) };
                    break;
                case Disaster.BrokerDuplicates:
                    Broker.Faults.Duplicates = 0.3;
                    break;
                case Disaster.BrokerReorders:
                    (Broker.Faults.Reorders, Broker.Faults.LateReplays) = (0.3, 0.5);
                    break;
                case Disaster.BrokerCuts:
                    (Broker.Faults.CutsBeforeAccept, Broker.Faults.CutsAfterAccept, Broker.Faults.CutsDeliveries) = (0.01, 0.01, 0.03);
                    Again(kind, () => Broker.Cut(Run.AgentClient));
                    break;
                case Disaster.BrokerAway:
                    Again(kind, () => Away(empty: false));
                    break;
                case Disaster.BrokerForgets:
                    Again(kind, () => Away(empty: true));
                    break;
                case Disaster.BrokerTakeover:
                    Broker.Faults.SaysWhyItCloses = random.Chance(0.7);
                    Again(kind, TakeOver);
                    break;
            }
        }
    }

    /// <summary>Something in the world has changed.</summary>
    public void Changed()
    {
        if (!run.Plan.HangsOnMtu || (run.IsCalm && !Broker.Faults.IsOutOfReach))
            return;

        bool isOut = run.Truth.Nics.Any(nic => nic.Name == run.DefaultLink && run.Truth.Mtu(nic) == Jumbo);
        if (isOut == Broker.Faults.IsOutOfReach)
            return;

        run.Trace.Note("fault", $"the broker is {(isOut ? "out of" : "within")} reach");
        Broker.Faults.IsOutOfReach = isOut;
        _isCutOffByAgent = run.World.Log is [.., { Call: { Kind: CallKind.SetLinkMtu, Path: var link } }] && link == run.DefaultLink;
        if (isOut)
            Broker.Mute(Run.AgentClient);
    }

    public void End()
    {
        // What the agent has done it has to undo; what others have, they do.
        bool isOut = Broker.Faults.IsOutOfReach && _isCutOffByAgent && run.Truth.Nics.Any(nic => nic.Name == run.DefaultLink && IsUnconfirmed(nic));
        Broker.Faults.Clear();
        Broker.Faults.IsOutOfReach = isOut;
        Broker.Limits = new BrokerLimits();
        if (!Broker.IsUp)
            Broker.Start();

        // What a broker has dropped for a client that is there comes at the next connect, and there is always one.
        if (run.Plan.Disasters.Contains(Disaster.BrokerDrops))
            Broker.Cut(Run.AgentClient);
    }

    private bool IsUnconfirmed(Nic nic) => run.World.Disk.Look($"{AgentSettings.StateDirectory}/ledger/unconfirmed/{nic.Address}") is not null;

    private void TakeOver()
    {
        if (Broker.IsUp)
            Broker.TakeOver(Run.AgentClient);
    }

    private void Away(bool empty)
    {
        if (!Broker.IsUp)
            return;

        Broker.Faults.RefusesWhileGone = random.Chance(0.5);
        if (random.Chance(0.5))
            Broker.Stop();
        else
            Broker.Kill();
        run.After(random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), () =>
        {
            if (Broker.IsUp)
                return;

            run.Trace.Note("fault", $"the broker is back{(empty ? ", empty" : "")}");
            Broker.Start(empty);
        });
    }

    private void Again(Disaster kind, Action act) => run.After(random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(6)), () =>
    {
        if (run.IsCalm)
            return;

        run.Trace.Note("fault", $"{kind}");
        act();
        run.Disturbed(kind);
        Again(kind, act);
    });
}
