using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// A change that fails half way leads back to what the PF had just before the first write of it, before it is tried again; and when the status says
/// that the PF is as before, it is. Held to where the agent cannot know better: no new wish, and nobody else at the NIC, since the change began.
/// </summary>
internal sealed class FailedChangeGoesBack(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/resources/";

    // Where messages are late or lost, nobody here knows which wish the agent acts upon; and a call that comes back late was given up before.
    private static readonly Disaster[] _unclear =
    [
        Disaster.BrokerAway, Disaster.BrokerForgets, Disaster.BrokerSlow, Disaster.BrokerDrops, Disaster.BrokerDuplicates, Disaster.BrokerReorders,
        Disaster.BrokerCuts, Disaster.BrokerTakeover, Disaster.HungCall,
    ];

    private readonly bool _isClear = !run.Plan.Disasters.Any(_unclear.Contains);
    private readonly Dictionary<string, Change> _changes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Broker.BrokerMessage> _checked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wentBack = new(StringComparer.Ordinal);

    public override string Promise => Promises.GoesBack;

    // A wish that comes in the middle of a change makes it another one.
    public override void Published()
    {
        foreach (Change change in _changes.Values)
            change.IsDoubtful = true;
    }

    public override void AgentStarted()
    {
        _changes.Clear();
        _wentBack.Clear();
    }

    public override void Calling(SimulatedCall call)
    {
        if (!_isClear || Written(call) is not { } nic)
            return;

        if (!_changes.TryGetValue(nic.Address, out Change? change))
            _changes.Add(nic.Address, change = new Change(Values(nic)));
        if (!change.IsDoubtful && change.Failed is { } failed && IsNumVfs(call) && call.Value == failed)
            Broken($"{call} again, and nothing else since it has failed, though {nic.Address} had {change.Before.NumVfs} VFs before");
    }

    public override void Called(LoggedCall call)
    {
        if (Written(call.Call) is not { } nic || !_changes.TryGetValue(nic.Address, out Change? change))
            return;

        change.Known = Values(nic);
        if (IsNumVfs(call.Call) && call.Call.Value != "0")
        {
            bool isHalfWay = call.Error is not null && change.Known.NumVfs == 0 && change.Before.NumVfs > 0;
            change.Failed = isHalfWay && call.Call.Value != $"{change.Before.NumVfs}" ? call.Call.Value : null;
        }
    }

    public override void Changed()
    {
        if (!_isClear)
            return;

        // What the agent has not done, others have.
        foreach (Nic nic in Run.Truth.Nics)
        {
            if (_changes.TryGetValue(nic.Address, out Change? change) && change.Known != Values(nic))
                change.IsDoubtful = true;
        }

        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal) || _checked.GetValueOrDefault(topic) == message)
                continue;

            _checked[topic] = message;
            var status = Resource.Parser.ParseFrom(message.Payload.Span);
            foreach (ResourceStatus pf in status.Status.Where(pf => pf.ResourceName.Split(", ").Contains(status.Spec?.Name)))
            {
                if (Run.Truth.Nics.FirstOrDefault(nic => nic.Address == pf.Device) is { } nic)
                    Read(topic, nic, pf.Phase, pf.Conditions.FirstOrDefault(condition => condition.Status == Condition.Types.Status.False));
            }
        }
    }

    private void Read(string topic, Nic nic, Phase.Types.Value phase, Condition? trouble)
    {
        bool saysBack = trouble?.Message.Contains("is as it was before", StringComparison.Ordinal) ?? false;
        if (!saysBack)
            _wentBack.Remove(nic.Address);

        // It goes on to be said while the change is tried again.
        bool isBack = saysBack && _wentBack.Add(nic.Address);
        if (isBack && _changes.GetValueOrDefault(nic.Address) is { IsDoubtful: false, Before: var before } && before != Values(nic))
            Broken($"{topic} says that {nic.Address} is as it was before, which was {before}, and it is {Values(nic)}");

        bool isOver = isBack || phase == Phase.Types.Value.InSync || trouble?.Reason is "VfsInUse" or "DisruptionForbidden" or "ManagementNic" ||
            trouble?.Message.Contains("could not be brought back", StringComparison.Ordinal) == true;
        if (isOver)
            _changes.Remove(nic.Address);
    }

    private Nic? Written(SimulatedCall call) => call.Kind == CallKind.SetLinkMtu ? Run.Truth.PfOfLink(call.Path)
        : IsNumVfs(call) ? Run.Truth.Nics.FirstOrDefault(nic => call.Path.StartsWith(nic.Folder, StringComparison.Ordinal))
        : null;

    private static bool IsNumVfs(SimulatedCall call) => call.Kind == CallKind.Write && call.Path.EndsWith("/sriov_numvfs", StringComparison.Ordinal);

    private (int NumVfs, int? Mtu) Values(Nic nic) => (Run.Truth.NumVfs(nic), Run.Truth.Mtu(nic));

    private sealed class Change((int NumVfs, int? Mtu) before)
    {
        public (int NumVfs, int? Mtu) Before { get; } = before;

        /// <summary>After the agent's last write to it.</summary>
        public (int NumVfs, int? Mtu) Known { get; set; } = before;

        /// <summary>The number of VFs that was refused when those of before were gone; null when nothing was since.</summary>
        public string? Failed { get; set; }

        public bool IsDoubtful { get; set; }
    }
}
