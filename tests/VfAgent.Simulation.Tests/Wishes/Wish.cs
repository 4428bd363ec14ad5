using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using VfAgent.Protocol.V1;

namespace VfAgent.Simulation.Tests.Wishes;

/// <summary>One config message: what it is about, its bytes and their meaning.</summary>
/// <param name="Topic">Below the host's: <c>config</c>, <c>config/resources/{name}</c>, <c>config/networkattachments/{name}</c>.</param>
/// <param name="Payload">As a person would write it; empty deletes.</param>
/// <param name="IsValid">Whether the agent has to take it.</param>
/// <param name="Resources">What it asks for.</param>
/// <param name="Attachments">What it asks for.</param>
internal sealed record Wish(
    string Topic, string Payload, bool IsValid, ImmutableArray<ResourceWish> Resources, ImmutableArray<AttachmentWish> Attachments)
{
    public const string DocumentTopic = "config";

    public bool IsDelete => Payload.Length == 0;

    /// <summary>As published, and as the agent has it on disk.</summary>
    public byte[] Bytes { get; private init; } = Encoding.UTF8.GetBytes(Payload);

    public static Wish Of(ResourceWish resource) => new(TopicOf(resource), resource.ToJson().ToJsonString(), true, [resource], []);

    public static Wish Of(AttachmentWish attachment) => new(TopicOf(attachment), attachment.ToJson().ToJsonString(), true, [], [attachment]);

    public static Wish Document(IEnumerable<ResourceWish> resources, IEnumerable<AttachmentWish> attachments, int generation)
    {
        ImmutableArray<ResourceWish> all = [.. resources];
        ImmutableArray<AttachmentWish> networks = [.. attachments];
        var json = new JsonObject
        {
            ["generation"] = generation,
            ["resourceConfigs"] = new JsonArray([.. all.Select(resource => resource.ToJson())]),
            ["networkattachments"] = new JsonArray([.. networks.Select(network => network.ToJson())]),
        };
        return new Wish(DocumentTopic, json.ToJsonString(), true, all, networks);
    }

    public static Wish Delete(string topic) => new(topic, "", true, [], []);

    /// <summary>Something that no agent may take.</summary>
    public static Wish Bad(string topic, string payload) => new(topic, payload, false, [], []);

    /// <summary>The same in the encoding that controllers use. What no agent may take has only the one that it has.</summary>
    public Wish AsProtobuf() => IsValid && !IsDelete ? this with { Bytes = Message().ToByteArray() } : this;

    public static string TopicOf(ResourceWish resource) => $"config/resources/{resource.Name}";

    public static string TopicOf(AttachmentWish attachment) => $"config/networkattachments/{attachment.Name}";

    /// <summary>Whether it asks for the object of this topic.</summary>
    public bool Names(string topic) =>
        Resources.Any(resource => TopicOf(resource) == topic) || Attachments.Any(attachment => TopicOf(attachment) == topic);

    public override string ToString() => $"{Topic} {(IsDelete ? "(empty)" : Payload)}{(IsValid ? "" : " (bad)")}";

    private IMessage Message() => Topic == DocumentTopic ? JsonParser.Default.Parse<HostConfig>(Payload)
        : Attachments.IsEmpty ? JsonParser.Default.Parse<ResourceConfig>(Payload)
        : JsonParser.Default.Parse<NetworkAttachment>(Payload);
}
