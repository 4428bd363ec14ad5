using Google.Protobuf;
using VfAgent.Core.Planning;
using VfAgent.Host;
using VfAgent.Mqtt;
using VfAgent.Protocol;

namespace VfAgent.Status;

/// <summary>Puts status messages into the outbox, as bytes and, if wanted, as JSON.</summary>
internal sealed class StatusTopicWriter(Topics topics, RetainedOutbox outbox, bool json, HostPaths paths)
{
    public void Write(StatusTopic topic, IMessage message)
    {
        outbox.Set(new OutboundMessage(topics.Status(topic), message.ToByteArray(), OutboundMessage.Protobuf));
        if (json)
            outbox.Set(new OutboundMessage(topics.Status(topic.AsJson()), PayloadWriter.ToJson(message), OutboundMessage.Json));
    }

    public void Clear(StatusTopic topic)
    {
        outbox.Clear(topics.Status(topic));
        if (json)
            outbox.Clear(topics.Status(topic.AsJson()));
    }

    public string ConflistPath(string attachment) => paths.File(OwnedFolder.Conflists, OwnedFiles.Conflist(attachment));

    public string PodmanNetworkPath(string attachment) => paths.File(OwnedFolder.PodmanNetworks, OwnedFiles.PodmanNetwork(attachment));
}
