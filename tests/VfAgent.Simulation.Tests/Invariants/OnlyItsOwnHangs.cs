using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>Of a PF none of whose calls was slow, no status says that the kernel does not answer.</summary>
internal sealed class OnlyItsOwnHangs(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/resources/";

    // What a process holds open blocks without any fault.
    private readonly bool _isKnown = !run.Plan.Actors.Contains("machines");
    private readonly HashSet<string> _slow = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Broker.BrokerMessage> _checked = new(StringComparer.Ordinal);
    private bool _anySlow;

    public override string Promise => "A call that hangs holds up no other PF";

    public override void Delaying(SimulatedCall call)
    {
        string device = Truth.Devices(call.Path).LastOrDefault() ?? Truth.Devices(call.Value ?? "").FirstOrDefault() ?? "";
        if (Run.Truth.PfOf(device)?.Address is { } pf)
            _slow.Add(pf);
        else if (Run.Truth.Nics.FirstOrDefault(nic => nic.Address == device || nic.Name == call.Path) is { } nic)
            _slow.Add(nic.Address);
        else
            _anySlow |= call.Kind is not (CallKind.WriteFile or CallKind.SyncFile or CallKind.RenameFile or CallKind.DeleteFile);
    }

    public override void Changed()
    {
        if (!_isKnown || _anySlow)
            return;

        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal) || _checked.GetValueOrDefault(topic) == message)
                continue;

            _checked[topic] = message;
            foreach (ResourceStatus pf in Resource.Parser.ParseFrom(message.Payload.Span).Status)
            {
                if (!_slow.Contains(pf.Device) && pf.Conditions.FirstOrDefault(IsTimeout) is { } timeout)
                    Broken($"{topic} says of {pf.Device}, none of whose calls was slow: {timeout.Message}");
            }
        }
    }

    private static bool IsTimeout(Condition condition) =>
        condition.Reason == "KernelTimeout" && condition.Message.Contains("no answer", StringComparison.Ordinal);
}
