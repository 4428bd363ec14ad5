using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>Of a PF none of whose calls was slow lately, no status says that the kernel does not answer.</summary>
internal sealed class OnlyItsOwnHangs(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/resources/";

    // A call hangs for six minutes at the most, and is told of until the agent has looked again.
    private static readonly TimeSpan _memory = TimeSpan.FromMinutes(8);

    private const string Anywhere = "";

    // A PF, and what it was, are recorded before it is changed, and it is said of the PF when that takes long.
    private static readonly string[] _records = [AgentSettings.StateDirectory + "/ledger/pfs", AgentSettings.StateDirectory + "/ledger/unconfirmed"];

    private readonly Dictionary<string, TimeSpan> _slow = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Broker.BrokerMessage> _checked = new(StringComparer.Ordinal);

    public override string Promise => Promises.OnlyItsOwnHangs;

    public override void Delaying(SimulatedCall call)
    {
        string device = Truth.Devices(call.Path).LastOrDefault() ?? Truth.Devices(call.Value ?? "").FirstOrDefault() ?? "";
        string? pf = Run.Truth.PfOf(device)?.Address ?? (Run.Truth.Nics.FirstOrDefault(nic => nic.Address == device) ?? Run.Truth.PfOfLink(call.Path))?.Address;
        bool isOnFiles = call.Kind is CallKind.WriteFile or CallKind.SyncFile or CallKind.RenameFile or CallKind.DeleteFile &&
            !_records.Any(folder => call.Path.StartsWith(folder, StringComparison.Ordinal));
        if (pf is not null || !isOnFiles)
            _slow[pf ?? Anywhere] = Run.Scheduler.Now;
    }

    public override void Changed()
    {
        // What a process holds open blocks without any fault.
        foreach (Use use in Run.Uses.All)
        {
            if (use.Pid is not null)
                _slow[use.Pf] = Run.Scheduler.Now;
        }

        if (IsExcused(Anywhere))
            return;

        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal) || _checked.GetValueOrDefault(topic) == message)
                continue;

            _checked[topic] = message;
            foreach (ResourceStatus pf in Resource.Parser.ParseFrom(message.Payload.Span).Status)
            {
                if (!IsExcused(pf.Device) && pf.Conditions.FirstOrDefault(IsTimeout) is { } timeout)
                    Broken($"{topic} says of {pf.Device}, none of whose calls was slow: {timeout.Message}");
            }
        }
    }

    private bool IsExcused(string pf) => _slow.TryGetValue(pf, out TimeSpan at) && at >= Run.Scheduler.Now - _memory;

    private static bool IsTimeout(Condition condition) =>
        condition.Reason == "KernelTimeout" && condition.Message.Contains("no answer", StringComparison.Ordinal);
}
