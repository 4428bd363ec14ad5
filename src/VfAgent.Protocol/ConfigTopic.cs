namespace VfAgent.Protocol;

/// <summary>
/// Which config a topic carries, apart from the root and the host it is for. <see cref="Topics"/> writes it as a topic and reads it back.
/// </summary>
/// <param name="Group">The group whose hosts all take it, or null for one host's own.</param>
/// <param name="Kind">What the payload is.</param>
/// <param name="Name">
/// The object's name; empty for the document. When it was read from a topic it is whatever the sender wrote there (<c>..</c>, 60,000 letters):
/// one topic level and nothing more. Check it against the name rule before it becomes part of a path.
/// </param>
public readonly record struct ConfigTopic(string? Group, ConfigKind Kind, string Name)
{
    /// <summary>A <see cref="V1.HostConfig"/>.</summary>
    public static ConfigTopic Document { get; } = new(null, ConfigKind.Document, "");

    /// <summary>A <see cref="V1.ResourceConfig"/>.</summary>
    public static ConfigTopic Resource(string name) => new(null, ConfigKind.Resource, name);

    /// <summary>A <see cref="V1.NetworkAttachment"/>.</summary>
    public static ConfigTopic NetworkAttachment(string name) => new(null, ConfigKind.NetworkAttachment, name);

    /// <summary>The same config for every host of a group.</summary>
    public ConfigTopic For(string group) => this with { Group = group };
}

/// <summary>The payload of a config topic.</summary>
public enum ConfigKind
{
    /// <summary>Everything in one <see cref="V1.HostConfig"/>.</summary>
    Document,

    /// <summary>One <see cref="V1.ResourceConfig"/>.</summary>
    Resource,

    /// <summary>One <see cref="V1.NetworkAttachment"/>.</summary>
    NetworkAttachment,
}
