using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>What the agent removes, some message that it may have taken has deleted, or has left out of a newer document.</summary>
internal sealed class DeletesAreAskedFor(Run run) : Invariant(run)
{
    // A removal that was asked for may be under way when the object is asked for again, and every call of it may be slow, or one of them hang.
    private readonly TimeSpan _underWay =
        run.Plan.Disasters.Contains(Disaster.HungCall) ? TimeSpan.FromMinutes(7)
        : run.Plan.Disasters.Contains(Disaster.SlowCall) ? TimeSpan.FromMinutes(1)
        : TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, TimeSpan> _lastUnwanted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _lastLeftOut = new(StringComparer.Ordinal);

    public override string Promise => "Only an empty message, or a newer document that leaves it out, deletes";

    public override void Changed()
    {
        foreach (string topic in Run.Wishes.Topics)
            Note(topic);
    }

    public override void Calling(SimulatedCall call)
    {
        if (call.Kind != CallKind.DeleteFile || NameIn(call.Path).StartsWith('.') || TopicOf(call.Path) is not { } topic)
            return;

        Note(topic);
        bool isMessage = call.Path.StartsWith(AgentSettings.StateDirectory + "/config/", StringComparison.Ordinal);
        if (!IsRecent(_lastUnwanted, topic) || (!isMessage && !IsRecent(_lastLeftOut, topic)))
            Broken($"{call}, though nothing has deleted {topic}");
    }

    // The topic whose deletion alone allows this one.
    private static string? TopicOf(string path)
    {
        string name = NameIn(path);
        return Path.GetDirectoryName(path) switch
        {
            AgentSettings.ConflistDirectory => $"config/networkattachments/{name["vfagent-".Length..^".conflist".Length]}",
            AgentSettings.StateDirectory + "/ledger/attachments" => $"config/networkattachments/{name}",
            AgentSettings.StateDirectory + "/config/host" => Wish.DocumentTopic,
            AgentSettings.StateDirectory + "/config/host/resources" => $"config/resources/{name}",
            AgentSettings.StateDirectory + "/config/host/networkattachments" => $"config/networkattachments/{name}",
            _ => null,
        };
    }

    private void Note(string topic)
    {
        if (Run.Wishes.MayHold(topic).Contains(null))
            _lastUnwanted[topic] = Run.Scheduler.Now;
        if (Run.Wishes.MayHold(Wish.DocumentTopic).Any(document => document is null || document.Attachments.All(attachment => Wish.TopicOf(attachment) != topic)))
            _lastLeftOut[topic] = Run.Scheduler.Now;
    }

    private bool IsRecent(Dictionary<string, TimeSpan> last, string topic) =>
        last.TryGetValue(topic, out TimeSpan at) && at >= Run.Scheduler.Now - _underWay;
}
