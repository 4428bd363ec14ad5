using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>What the agent removes, some message that it may have taken has deleted, or has left out of a newer document.</summary>
internal sealed class DeletesAreAskedFor(Run run) : Invariant(run)
{
    // A removal that was asked for may be under way when the object is asked for again, and hang.
    private static readonly TimeSpan _underWay = TimeSpan.FromMinutes(7);

    private readonly Dictionary<string, TimeSpan> _lastUnwanted = new(StringComparer.Ordinal);

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
        if (!_lastUnwanted.TryGetValue(topic, out TimeSpan last) || last < Run.Scheduler.Now - _underWay)
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
        bool isWanted = Run.Wishes.MayHold(topic).All(wish => wish is not null);
        bool isInDocument = Run.Wishes.MayHold(Wish.DocumentTopic).All(wish =>
            wish is not null && wish.Attachments.Any(attachment => Wish.TopicOf(attachment) == topic));
        if (!isWanted && !isInDocument)
            _lastUnwanted[topic] = Run.Scheduler.Now;
    }
}
