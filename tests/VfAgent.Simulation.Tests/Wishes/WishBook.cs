using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Wishes;

/// <summary>
/// All config that was ever published, by topic and in the broker's order, with what the agent has acknowledged of it: what the agent may
/// believe, and what it has to.
/// </summary>
internal sealed class WishBook
{
    private readonly SortedDictionary<string, List<Wish>> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _acknowledged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<Wish?>> _mayHold = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _objects = new(StringComparer.Ordinal) { Wish.DocumentTopic };
    private IReadOnlyList<ResourceWish>? _resources;
    private IReadOnlyList<AttachmentWish>? _attachments;

    public IEnumerable<string> Topics => _versions.Keys;

    /// <summary>The topic of everything that was ever asked for, by itself or in a document.</summary>
    public IReadOnlyCollection<string> Objects => _objects;

    /// <summary>Another one whenever the agent may hold something else.</summary>
    public int Version { get; private set; }

    /// <summary>Every version of a resource, of any topic, that may be in force now.</summary>
    public IReadOnlyList<ResourceWish> Resources => _resources ??=
        [.. Held().SelectMany(wish => wish.Resources.Where(resource => IsInForce(wish, Wish.TopicOf(resource))))];

    /// <summary>Every version of an attachment, of any topic, that may be in force now.</summary>
    public IReadOnlyList<AttachmentWish> Attachments => _attachments ??=
        [.. Held().SelectMany(wish => wish.Attachments.Where(attachment => IsInForce(wish, Wish.TopicOf(attachment))))];

    /// <summary>Whether there is a resource that wants this NIC whichever of its versions is in force.</summary>
    public bool SurelySelect(Nic nic) => Resources.Any(wish =>
        wish.Selects(nic) && !MayBeAbsent(Wish.TopicOf(wish)) && Resources.All(other => other.Name != wish.Name || other.Selects(nic)));

    /// <summary>Every version of a resource that was ever published.</summary>
    public IEnumerable<ResourceWish> Ever(string resource) =>
        _versions.Values.SelectMany(versions => versions).SelectMany(wish => wish.Resources).Where(wish => wish.Name == resource);

    public void Add(Wish wish)
    {
        if (!_versions.TryGetValue(wish.Topic, out List<Wish>? versions))
            _versions.Add(wish.Topic, versions = []);
        versions.Add(wish);
        _objects.Add(wish.Topic);
        _objects.UnionWith(wish.Resources.Select(Wish.TopicOf));
        _objects.UnionWith(wish.Attachments.Select(Wish.TopicOf));
        Forget(wish.Topic);
    }

    /// <summary>
    /// The agent has confirmed a version. An older one that comes late takes nothing back; a bad one says nothing of the good ones before it,
    /// which the broker may have dropped.
    /// </summary>
    public void Acknowledge(Wish wish)
    {
        if (!wish.IsValid)
            return;

        int index = _versions[wish.Topic].FindLastIndex(version => ReferenceEquals(version, wish));
        Forget(wish.Topic);
        _acknowledged[wish.Topic] = Math.Max(index, _acknowledged.GetValueOrDefault(wish.Topic, -1));
    }

    /// <summary>
    /// What the agent may hold of a topic: the newest good version up to what it has acknowledged, or any good one since. null stands for nothing.
    /// </summary>
    public IReadOnlyList<Wish?> MayHold(string topic)
    {
        if (_mayHold.TryGetValue(topic, out IReadOnlyList<Wish?>? known))
            return known;

        List<Wish> versions = _versions.GetValueOrDefault(topic) ?? [];
        int acknowledged = _acknowledged.GetValueOrDefault(topic, -1);
        Wish? least = versions.Take(acknowledged + 1).LastOrDefault(wish => wish.IsValid);
        List<Wish?> held = [least is null ? null : Held(least)];
        held.AddRange(versions.Skip(acknowledged + 1).Where(wish => wish.IsValid).Select(Held));
        return _mayHold[topic] = held;
    }

    /// <summary>The newest version of a topic, good or bad.</summary>
    public Wish? Newest(string topic) => _versions.GetValueOrDefault(topic)?[^1];

    /// <summary>Whether a file's bytes are exactly some good version of this topic.</summary>
    public Wish? Find(string topic, ReadOnlyMemory<byte> bytes) =>
        _versions.GetValueOrDefault(topic)?.FindLast(wish => wish.Bytes.AsSpan().SequenceEqual(bytes.Span));

    /// <summary>The file that holds a topic's message.</summary>
    public static string FileOf(string topic) => topic == Wish.DocumentTopic
        ? $"{AgentSettings.StateDirectory}/config/host/document"
        : $"{AgentSettings.StateDirectory}/config/host/{topic["config/".Length..]}";

    private IEnumerable<Wish> Held() => Topics.SelectMany(MayHold).OfType<Wish>();

    private bool MayBeAbsent(string topic) =>
        MayHold(topic).Contains(null) && MayHold(Wish.DocumentTopic).Any(document => document is null || !document.Names(topic));

    // An object's own topic stands above the document.
    private bool IsInForce(Wish wish, string topic) => wish.Topic == topic || MayHold(topic).Contains(null);

    private void Forget(string topic)
    {
        Version++;
        _mayHold.Remove(topic);
        (_resources, _attachments) = (null, null);
    }

    private static Wish? Held(Wish wish) => wish.IsDelete ? null : wish;
}
