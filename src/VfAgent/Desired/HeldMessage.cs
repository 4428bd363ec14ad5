using VfAgent.Core.Desired;
using VfAgent.Protocol;

namespace VfAgent.Desired;

/// <summary>Where a config message came from, from weakest to strongest: an object of a stronger layer hides one of the same name.</summary>
internal enum ConfigLayer
{
    Bootstrap,
    Document,
    Object,
}

/// <summary>What names a held message: the newest of a key is the only one.</summary>
internal readonly record struct MessageKey(ConfigLayer Layer, ConfigKind Kind, string Name)
{
    public static MessageKey Bootstrap { get; } = new(ConfigLayer.Bootstrap, ConfigKind.Document, "");

    public static MessageKey Of(ConfigTopic topic) =>
        new(topic.Kind == ConfigKind.Document ? ConfigLayer.Document : ConfigLayer.Object, topic.Kind, topic.Name);

    /// <summary>Where the message came from; not for the bootstrap file.</summary>
    public ConfigTopic Topic => new(null, Kind, Name);

    /// <summary>The object that the key speaks of; null for a document.</summary>
    public ObjectKey? Object => Kind switch
    {
        ConfigKind.Resource => ObjectKey.Resource(Name),
        ConfigKind.NetworkAttachment => ObjectKey.Attachment(Name),
        _ => null,
    };

    /// <summary>For people and for the status: what a document is called.</summary>
    public string Title => Layer switch
    {
        ConfigLayer.Bootstrap => "bootstrap file",
        ConfigLayer.Document => "config document",
        _ => Object.ToString()!,
    };
}

/// <summary>A good config message: its bytes as received, and the objects that it asks for.</summary>
internal sealed class HeldMessage(ReadOnlyMemory<byte> payload, IEnumerable<ResourceSpec> resources, IEnumerable<AttachmentSpec> attachments)
{
    private readonly Dictionary<string, ResourceSpec> _resources = resources.ToDictionary(r => r.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, AttachmentSpec> _attachments = attachments.ToDictionary(a => a.Name, StringComparer.Ordinal);

    public ReadOnlyMemory<byte> Payload { get; } = payload;

    public IEnumerable<ObjectKey> Keys => _resources.Keys.Select(ObjectKey.Resource).Concat(_attachments.Keys.Select(ObjectKey.Attachment));

    /// <summary>The wish, if this is all of it.</summary>
    public DesiredState ToState() => DesiredState.Empty with
    {
        Resources = DesiredState.Empty.Resources.AddRange(_resources),
        Attachments = DesiredState.Empty.Attachments.AddRange(_attachments),
    };

    public ResourceSpec? Resource(string name) => _resources.GetValueOrDefault(name);

    public AttachmentSpec? Attachment(string name) => _attachments.GetValueOrDefault(name);
}
