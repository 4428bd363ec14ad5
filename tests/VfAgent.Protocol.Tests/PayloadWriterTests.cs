using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

public sealed class PayloadWriterTests
{
    [Fact]
    public void A_twin_prints_every_field_in_the_words_of_the_contract()
    {
        Resource resource = new()
        {
            Spec = new ResourceSpec { Name = "eth3-vfs" },
            Status = { new ResourceStatus { NumaNode = -1, Vfs = { new VFResourceStatus() } } },
            Phase = Phase.Types.Value.InSync,
            Conditions = { new Condition { Type = "InSync", Status = Condition.Types.Status.True, LastTransitionTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) } },
            ObservedGeneration = 7,
        };

        Assert.Equal(
            """
            { "spec": { "name": "eth3-vfs", "mtu": 0, "numVfs": 0, "needVhostNet": false, "devices": [ ], "deviceType": "" },
             "status": [ { "name": "", "mtu": 0, "numVfs": 0, "mac": "", "vendor": "", "driver": "", "device": "",
             "vfs": [ { "name": "", "mac": "", "vendor": "", "driver": "", "device": "", "index": 0, "mtu": 0, "deviceId": "", "linkState": "", "networkattachment": "", "usedBy": "", "adminMac": "", "minTxRate": 0, "maxTxRate": 0, "resourceName": "" } ],
             "totalVfs": 0, "deviceId": "", "numaNode": -1, "linkState": "", "alternativeNames": [ ], "minMtu": 0, "maxMtu": 0, "phase": "UNSPECIFIED", "conditions": [ ], "resourceName": "", "carries": "", "eswitchMode": "" } ],
             "phase": "IN_SYNC",
             "conditions": [ { "type": "InSync", "status": "TRUE", "reason": "", "message": "", "remedy": "", "lastTransitionTime": "1970-01-01T00:00:00Z" } ],
             "observedGeneration": "7" }
            """.ReplaceLineEndings(""),
            Json(resource));
    }

    [Fact]
    public void The_agents_state_is_a_word()
    {
        Assert.Contains("\"state\": \"ONLINE\"", Json(new AgentStatus { State = AgentStatus.Types.State.Online }), StringComparison.Ordinal);
        Assert.Contains("\"state\": \"UNKNOWN\"", Json(new AgentStatus()), StringComparison.Ordinal);
        Assert.Contains("\"severity\": \"WARNING\"", Json(new Event { Severity = Event.Types.Severity.Warning }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_prints_as_it_was_written()
    {
        Struct config = StructJson.ToStruct(new System.Text.Json.Nodes.JsonObject { ["type"] = "sriov", ["vlan"] = 100, ["text"] = "two\nlines" });
        string json = Json(new NetworkAttachmentStatus { Config = config });
        Assert.Contains("""
            "config": { "type": "sriov", "vlan": 100, "text": "two\nlines" }
            """, json, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', json);
    }

    [Fact]
    public void A_message_with_nothing_set_is_a_delete_in_protobuf_and_a_config_in_json()
    {
        HostConfig nothing = new();
        Assert.Empty(nothing.ToByteArray());
        Assert.Equal(nothing, PayloadReader.ReadHostConfig(PayloadWriter.ToJson(nothing)).Value);
    }

    private static string Json(IMessage message) => Encoding.UTF8.GetString(PayloadWriter.ToJson(message));
}
