namespace VfAgent.Protocol;

/// <summary>Which status a topic carries, apart from the root and the host it is of. <see cref="Topics"/> writes it as a topic and reads it back.</summary>
/// <param name="Kind">What the payload is.</param>
/// <param name="Name">The object's name; empty for the agent and the discovery. Not to be trusted when it was read from a topic.</param>
/// <param name="IsJson">Whether it is the JSON twin; the payload is protobuf otherwise.</param>
public readonly record struct StatusTopic(StatusKind Kind, string Name, bool IsJson = false)
{
    /// <summary>An <see cref="V1.AgentStatus"/>, which is also the last will.</summary>
    public static StatusTopic Agent { get; } = new(StatusKind.Agent, "");

    /// <summary>A <see cref="V1.Discovery"/>.</summary>
    public static StatusTopic Discovery { get; } = new(StatusKind.Discovery, "");

    /// <summary>A <see cref="V1.Resource"/>.</summary>
    public static StatusTopic Resource(string name) => new(StatusKind.Resource, name);

    /// <summary>A <see cref="V1.NetworkAttachmentStatus"/>.</summary>
    public static StatusTopic NetworkAttachment(string name) => new(StatusKind.NetworkAttachment, name);

    /// <summary>The JSON twin of this status.</summary>
    public StatusTopic AsJson() => this with { IsJson = true };
}

/// <summary>The payload of a status topic.</summary>
public enum StatusKind
{
    /// <summary>A <see cref="V1.AgentStatus"/>.</summary>
    Agent,

    /// <summary>A <see cref="V1.Discovery"/>.</summary>
    Discovery,

    /// <summary>A <see cref="V1.Resource"/>.</summary>
    Resource,

    /// <summary>A <see cref="V1.NetworkAttachmentStatus"/>.</summary>
    NetworkAttachment,
}
