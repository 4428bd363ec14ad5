using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

/// <summary>vf-operator's own documents, byte for byte: what works there works here.</summary>
public sealed class VfOperatorDocumentsTests
{
    [Fact]
    public void The_resource_request_is_a_resource_config() =>
        Assert.Equal(
            new ResourceConfig
            {
                Name = "eth3-vfs",
                Mtu = 1500,
                NumVfs = 4,
                NicSelector = new NicSelector { Drivers = { "igb" }, PfNames = { "eth3" } },
                DeviceType = "netdevice",
            },
            PayloadReader.ReadResourceConfig(VfOperatorFile.Read("resource-request.json")).Value);

    [Fact]
    public void The_attachment_request_is_a_network_attachment()
    {
        NetworkAttachment? attachment = PayloadReader.ReadNetworkAttachment(VfOperatorFile.Read("attachment-request.json")).Value;
        Assert.NotNull(attachment);
        Assert.Equal("f1-u", attachment.Name);
        Assert.Equal("eth3-vfs", attachment.ResourceName);
        Assert.Equal("""{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}""", StructJson.ToJson(attachment.Config).ToJsonString());
    }

    [Fact]
    public void The_configuration_file_is_a_host_config()
    {
        HostConfig? config = PayloadReader.ReadHostConfig(VfOperatorFile.Read("config.json")).Value;
        Assert.NotNull(config);
        Assert.Equal<string[]>(["eth3", "eth4"], [.. config.ResourceConfigs.Select(r => r.Name)]);
        Assert.Equal<string[]>(
            ["eth2vf0", "eth2vf1", "eth2vf2", "eth2vf3", "llscu", "f1-u", "tn-internal"],
            [.. config.Networkattachments.Select(a => a.Name)]);
        Assert.All(config.ResourceConfigs, r => Assert.True(r.NeedVhostNet));
        Assert.Equal("vfio-pci", config.ResourceConfigs[1].DeviceType);
        Assert.Equal(["0000:03:00.0"], config.ResourceConfigs[1].NicSelector.Devices);
        AssertSuperset(Parse(VfOperatorFile.Read("config.json")), Print(config));
    }

    [Fact]
    public void The_list_of_resource_configs_is_a_host_config_and_prints_no_less()
    {
        byte[] reply = VfOperatorFile.Read("resource-configs-reply.json");
        HostConfig? config = PayloadReader.ReadHostConfig(reply).Value;
        Assert.NotNull(config);
        AssertSuperset(Parse(reply), Print(config));
    }

    [Fact]
    public void The_list_of_attachments_is_a_host_config_and_prints_no_less()
    {
        byte[] reply = VfOperatorFile.Read("attachments-reply.json");
        HostConfig? config = PayloadReader.ReadHostConfig(reply).Value;
        Assert.NotNull(config);
        AssertSuperset(Parse(reply), Print(config));
    }

    [Fact]
    public void A_resource_in_the_reply_is_our_resource_and_prints_no_less()
    {
        JsonNode expected = Assert.Single(Parse(VfOperatorFile.Read("resources-reply.json"))["resources"]!.AsArray())!;
        Resource resource = ReadAs(Resource.Parser, Resource.Descriptor, expected);
        Assert.Equal<string[]>(
            ["0000:02:10.0", "0000:02:10.2", "0000:02:10.4", "0000:02:10.6"],
            [.. resource.Status[0].Vfs.Select(v => v.Device)]);
        AssertSuperset(expected, Print(resource));
    }

    [Fact]
    public void An_attachment_in_the_reply_is_our_status_and_prints_no_less()
    {
        JsonNode expected = Assert.Single(Parse(VfOperatorFile.Read("attachments-reply.json"))["networkattachments"]!.AsArray())!;
        AssertSuperset(expected, Print(ReadAs(NetworkAttachmentStatus.Parser, NetworkAttachmentStatus.Descriptor, expected)));
    }

    private static T ReadAs<T>(MessageParser<T> parser, MessageDescriptor message, JsonNode json)
        where T : class, IMessage<T>
    {
        PayloadResult<T> result = PayloadReader.Read(parser, message, Encoding.UTF8.GetBytes(json.ToJsonString()), ContentTypes.Json);
        Assert.Empty(result.Errors);
        return result.Value!;
    }

    private static JsonNode Print(IMessage message) => Parse(PayloadWriter.ToJson(message));

    private static JsonNode Parse(byte[] json) => JsonNode.Parse(json)!;

    private static void AssertSuperset(JsonNode? expected, JsonNode? actual)
    {
        switch (expected)
        {
            case JsonObject fields:
                foreach ((string name, JsonNode? value) in fields)
                    AssertSuperset(value, Assert.IsType<JsonObject>(actual)[name]);
                break;
            case JsonArray items:
                JsonArray actualItems = Assert.IsType<JsonArray>(actual);
                Assert.Equal(items.Count, actualItems.Count);
                for (int i = 0; i < items.Count; i++)
                    AssertSuperset(items[i], actualItems[i]);
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{actual?.ToJsonString()} is not {expected?.ToJsonString()}");
                break;
        }
    }
}
