using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// An attachment is not called IN_SYNC before its conflist is in its place, nor once the agent has removed it; and what is called IN_SYNC for long
/// hands out the VF that its status names.
/// </summary>
internal sealed class ConflistIsThere(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/networkattachments/";

    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _removed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Broker.BrokerMessage Message, NetworkAttachmentStatus Status)> _read = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _wrongSince = new(StringComparer.Ordinal);

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(30);
    private TimeSpan _next;
    private int _latency;

    // A file that others edit is seen at once, or with the next full look.
    private readonly TimeSpan _grace = Delays.Of(run.Plan, TimeSpan.Zero) + TimeSpan.FromMinutes(6);

    public override string Promise => Promises.ConflistIsThere;

    public override void Called(LoggedCall call)
    {
        if (call is { Call.Kind: CallKind.RenameFile, Error: null } && Path.GetDirectoryName(call.Call.Value) == AgentSettings.ConflistDirectory)
            _written.Add(NameIn(call.Call.Value!));
        else if (call is { Call.Kind: CallKind.DeleteFile, Error: null } && Path.GetDirectoryName(call.Call.Path) == AgentSettings.ConflistDirectory)
        {
            _written.Remove(NameIn(call.Call.Path));
            _removed[NameIn(call.Call.Path)] = Run.Scheduler.Now;
        }
    }

    // What was removed and not synced is there again; what was written and not synced is not.
    public override void WentDown()
    {
        _written.Clear();
        _written.UnionWith(Run.Truth.Files(AgentSettings.ConflistDirectory).Select(file => file.Name));
    }

    public override void Changed()
    {
        bool isTime = Run.Scheduler.Now >= _next;
        if (isTime)
            _next = Run.Scheduler.Now + _pause;

        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal))
                continue;

            bool isNew = _read.GetValueOrDefault(topic).Message != message;
            if (isNew)
                _read[topic] = (message, NetworkAttachmentStatus.Parser.ParseFrom(message.Payload.Span));
            if (isNew || isTime)
                Check(topic, _read[topic].Status, isNew);
        }
    }

    private void Check(string topic, NetworkAttachmentStatus status, bool isNew)
    {
        string file = $"vfagent-{status.Name}.conflist";
        if (isNew)
            _wrongSince.Remove(topic);
        if (status.Phase != Phase.Types.Value.InSync)
            return;

        // What was said before a removal may still be on its way, behind what the broker had not confirmed yet; also when the broker has become fast.
        _latency = Math.Max(_latency, Run.Broker.Faults.Latency.Most);
        bool isLate = _removed.TryGetValue(file, out TimeSpan removed) && removed >= Run.Scheduler.Now - TimeSpan.FromMilliseconds(20 * _latency);
        if (isNew && !_written.Contains(file) && !isLate)
            Broken($"{topic} says IN_SYNC, and there is no {file}");

        bool isThere = Run.Supervisor.UpSince < Run.Scheduler.Now - _grace && Run.Broker.IsConnected(Run.AgentClient);
        bool isRight = Run.World.Disk.Look($"{AgentSettings.ConflistDirectory}/{file}")?.Text.Contains(status.Device, StringComparison.Ordinal) ?? false;
        if (!isThere || isRight)
            _wrongSince.Remove(topic);
        else if (!_wrongSince.TryAdd(topic, Run.Scheduler.Now) && Run.Scheduler.Now - _wrongSince[topic] > _grace)
            Broken($"{topic} says IN_SYNC and {status.Device}, and for {_grace.TotalMinutes:0} minutes {file} has not had that");
    }
}
