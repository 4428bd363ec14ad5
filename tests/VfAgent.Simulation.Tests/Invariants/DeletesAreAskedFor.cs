using System.Text.Json.Nodes;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// What the agent removes, be it a config, a network, a device, a record or VFs, some message that it may have taken has deleted, has left out of a
/// newer document, or has asked to be otherwise.
/// </summary>
internal sealed class DeletesAreAskedFor(Run run) : Invariant(run)
{
    private const string Resource = "config/resources/";
    private const string Attachment = "config/networkattachments/";
    private const string Claims = AgentSettings.StateDirectory + "/ledger/pfs";
    private const string VhostSpec = "vfagent-vhost-net-";
    private const string VfioSpec = "vfagent-vfio-";

    // A removal that was asked for may be under way when the object is asked for again, and every call of it may be slow, or one of them hang.
    private readonly TimeSpan _underWay = Delays.Of(run.Plan, TimeSpan.FromSeconds(10));

    // Of a change where a write had no effect the way back undoes what has worked.
    private readonly bool _isVfsKnown = !run.Plan.Disasters.Contains(Disaster.NoEffect);

    // What is so now, as far as it follows from the wishes alone, and until when other things were.
    private readonly Dictionary<string, TimeSpan> _last = new(StringComparer.Ordinal);
    private readonly HashSet<string> _givenUp = new(StringComparer.Ordinal);
    private HashSet<string> _now = [];
    private int _version = -1;

    public override string Promise => Promises.DeletesAreAskedFor;

    public override void Changed()
    {
        if (_version != Run.Wishes.Version)
        {
            foreach (string what in _now)
                _last[what] = Run.Scheduler.Now;
            _now = [.. Facts()];
            _version = Run.Wishes.Version;
        }

        foreach (Nic nic in Run.Truth.Nics)
            NoteVfs(nic);
    }

    public override void Delaying(SimulatedCall call)
    {
        if (call.Path.StartsWith(Claims, StringComparison.Ordinal))
            _givenUp.UnionWith(Truth.Devices(call.Path).Select(pf => $"{Claims}/{pf}"));
    }

    public override void AgentStarted() => _givenUp.Clear();

    public override void Calling(SimulatedCall call)
    {
        if (call.Kind == CallKind.DeleteFile && !NameIn(call.Path).StartsWith('.'))
        {
            Changed();
            if (Missing(call.Path) is { } missing)
                Broken($"{call}, though nothing has {missing}");
        }
        else if (_isVfsKnown && call is { Kind: CallKind.Write, Value: "0" } && call.Path.EndsWith("/sriov_numvfs", StringComparison.Ordinal) &&
            Run.Truth.Nics.FirstOrDefault(nic => call.Path.StartsWith(nic.Folder, StringComparison.Ordinal)) is { } pf)
        {
            NoteVfs(pf);
            if (Run.Truth.NumVfs(pf) > 0 && !IsRecent(Otherwise(pf)) && !IsRegretted(pf))
                Broken($"{call}, though {Run.Truth.NumVfs(pf)} VFs is what is asked for");
        }
    }

    // A change that has cut the host off, be it only that others' doing was put right, is taken back though it is what is asked for.
    private bool IsRegretted(Nic nic) => Run.World.Disk.Look($"{AgentSettings.StateDirectory}/ledger/unconfirmed/{nic.Address}")?.Text?
        .Contains("regretted", StringComparison.Ordinal) == true;

    // What would have to be so for this file to be removed, and is not; null when it is.
    private string? Missing(string path)
    {
        string name = NameIn(path);
        return Path.GetDirectoryName(path) switch
        {
            AgentSettings.ConflistDirectory => Unwanted(Attachment + Between("vfagent-", name, ".conflist")),
            AgentSettings.CdiDirectory when name.StartsWith(VhostSpec, StringComparison.Ordinal) => WithoutVhost(Between(VhostSpec, name, ".json")),
            AgentSettings.CdiDirectory when name.StartsWith(VfioSpec, StringComparison.Ordinal) => WithoutVfio(Between(VfioSpec, name, ".json")),
            AgentSettings.NetworkDirectory => WithoutNetwork(name[..^".json".Length]),
            AgentSettings.StateDirectory + "/ledger/attachments" => Unwanted(Attachment + name),
            AgentSettings.StateDirectory + "/ledger/resources" => WithoutVhost(name),
            Claims => Owners(path).Select(owner => Unwanted(Resource + owner)).OfType<string>().FirstOrDefault(),
            AgentSettings.StateDirectory + "/config/host" => Deleted(Wish.DocumentTopic),
            AgentSettings.StateDirectory + "/config/host/resources" => Deleted(Resource + name),
            AgentSettings.StateDirectory + "/config/host/networkattachments" => Deleted(Attachment + name),
            _ => null,
        };
    }

    private static string Between(string prefix, string name, string suffix) => name[prefix.Length..^suffix.Length];

    private string? Deleted(string topic) => IsRecent(topic) ? null : $"deleted {topic}";

    private string? Unwanted(string topic) => Deleted(topic) ?? (IsRecent(LeftOut(topic)) ? null : $"left {topic} out of the document");

    private string? WithoutVhost(string resource) =>
        IsRecent(NoVhost(resource)) || Unwanted(Resource + resource) is null ? null : $"deleted resource {resource}, or its vhost-net";

    private string? WithoutVfio(string attachment) =>
        IsRecent(NoVfio(attachment)) || Unwanted(Attachment + attachment) is null ? null : $"deleted attachment {attachment}, or taken it off vfio-pci";

    private string? WithoutNetwork(string attachment) => IsRecent(NoResource(attachment)) || Unwanted(Attachment + attachment) is null
        ? null
        : $"deleted attachment {attachment}, or taken it from its resource";

    // A record whose last sync has failed, or whose write was given up, may name another owner than the agent knows.
    private IEnumerable<string> Owners(string claim)
    {
        if (Run.Plan.Disasters.Contains(Disaster.SyncError) || _givenUp.Contains(claim) || Run.World.Disk.Look(claim) is not { Text.Length: > 0 } file)
            return [];

        JsonNode json = JsonNode.Parse(file.Text)!;
        return [json["resource"]!.GetValue<string>(), .. json["others"]?.AsArray().Select(other => other!.GetValue<string>()) ?? []];
    }

    private IEnumerable<string> Facts()
    {
        IReadOnlyList<Wish?> documents = Run.Wishes.MayHold(Wish.DocumentTopic);
        foreach (string topic in Run.Wishes.Objects)
        {
            if (Run.Wishes.MayHold(topic).Contains(null))
                yield return topic;
            if (documents.Any(document => document is null || !document.Names(topic)))
                yield return LeftOut(topic);
        }

        foreach (ResourceWish resource in Run.Wishes.Resources.Where(resource => !resource.Vhost))
            yield return NoVhost(resource.Name);

        foreach (AttachmentWish attachment in Run.Wishes.Attachments)
        {
            if (attachment.Resource is null)
                yield return NoResource(attachment.Name);
            if (attachment.Resource is null || Run.Wishes.Resources.Any(resource => resource.Name == attachment.Resource && !resource.Vfio))
                yield return NoVfio(attachment.Name);
        }
    }

    // Nobody may want this number: one who wants another, one who is not sure to be there, or nobody at all. And some NICs change what their switch
    // does only without VFs.
    private void NoteVfs(Nic nic)
    {
        int now = Run.Truth.NumVfs(nic);
        ResourceWish[] wishes = [.. Run.Wishes.Resources.Where(wish => wish.Selects(nic))];
        if (wishes.All(wish => Unwanted(Wish.TopicOf(wish)) is null || MayBeElsewhere(wish, nic)) ||
            wishes.Any(wish => wish.NumVfs != now || (wish.Eswitch is { } mode && mode != Run.Truth.Eswitch(nic))))
            _last[Otherwise(nic)] = Run.Scheduler.Now;
    }

    // The agent may still hold a version of it that wants nothing of this NIC.
    private bool MayBeElsewhere(ResourceWish wish, Nic nic) => Run.Wishes.Resources.Any(other => other.Name == wish.Name && !other.Selects(nic));

    private bool IsRecent(string what) => _now.Contains(what) || _last.TryGetValue(what, out TimeSpan at) && at >= Run.Scheduler.Now - _underWay;

    private static string LeftOut(string topic) => $"without {topic}";

    private static string NoVhost(string resource) => $"no vhost {resource}";

    private static string NoResource(string attachment) => $"no resource {attachment}";

    private static string NoVfio(string attachment) => $"no vfio {attachment}";

    private static string Otherwise(Nic nic) => $"other VFs {nic.Address}";
}
