using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>An attachment is not called IN_SYNC before its conflist has been in its place.</summary>
internal sealed class ConflistIsThere(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/networkattachments/";

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Broker.BrokerMessage> _checked = new(StringComparer.Ordinal);

    public override string Promise => "IN_SYNC means that the conflist is there";

    public override void Called(LoggedCall call)
    {
        if (call is { Call.Kind: CallKind.RenameFile, Error: null } && Path.GetDirectoryName(call.Call.Value) == AgentSettings.ConflistDirectory)
            _seen.Add(NameIn(call.Call.Value!));
    }

    public override void Changed()
    {
        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal) || _checked.GetValueOrDefault(topic) == message)
                continue;

            _checked[topic] = message;
            var status = NetworkAttachmentStatus.Parser.ParseFrom(message.Payload.Span);
            if (status.Phase == Phase.Types.Value.InSync && !_seen.Contains($"vfagent-{status.Name}.conflist"))
                Broken($"{topic} says IN_SYNC, and no conflist was ever there");
        }
    }
}
