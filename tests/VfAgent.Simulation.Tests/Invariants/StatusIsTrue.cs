using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// A resource that the broker shows as IN_SYNC, from an agent that is there, is as it should be. A change by others is seen once the kernel has
/// told of it and the agent has looked; where calls hang or events get lost, at the next full look at the latest.
/// </summary>
internal sealed class StatusIsTrue(Run run) : Invariant(run)
{
    private static readonly Disaster[] _delaying =
    [
        Disaster.SlowCall, Disaster.HungCall, Disaster.ReadError, Disaster.LostEvents, Disaster.BrokerSlow, Disaster.BrokerAway, Disaster.BrokerForgets,
        Disaster.BrokerCuts, Disaster.BrokerTakeover, Disaster.FileReadError,
    ];

    private readonly Dictionary<string, TimeSpan> _wrongSince = new(StringComparer.Ordinal);

    // A full look comes every five minutes, and a call that hangs may stand in its way for six.
    private readonly TimeSpan _grace = run.Plan.Disasters.Any(_delaying.Contains) ? TimeSpan.FromMinutes(12) : TimeSpan.FromSeconds(10);

    public override string Promise => "Status never claims what a look at the host denies";

    public override void Changed()
    {
        const string Prefix = AgentSettings.HostTopic + "status/resources/";
        bool isThere = Run.Supervisor.UpSince < Run.Scheduler.Now - _grace && Run.Broker.IsConnected(Run.AgentClient);
        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained.Where(entry => entry.Key.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var status = Resource.Parser.ParseFrom(message.Payload.Span);
            if (!isThere || status.Phase != Phase.Types.Value.InSync || Lie(status) is not { } lie)
                _wrongSince.Remove(topic);
            else if (!_wrongSince.TryAdd(topic, Run.Scheduler.Now) && Run.Scheduler.Now - _wrongSince[topic] > _grace)
                Broken($"{topic} says IN_SYNC, but for {_grace.TotalSeconds:0} s {lie}");
        }
    }

    private string? Lie(Resource status)
    {
        // While a removal by others waits for a process that holds a VF, links are gone, and no event tells of that.
        foreach (Nic nic in Run.Truth.Nics.Where(nic => status.Spec.Devices.Contains(nic.Address) && Run.Uses.All.All(use => use.Pid is null || use.Pf != nic.Address)))
        {
            if (Run.Truth.Differs(nic, (int)status.Spec.NumVfs, (int)status.Spec.Mtu, status.Spec.DeviceType == "vfio-pci") is { } difference)
                return difference;
        }

        return null;
    }
}
