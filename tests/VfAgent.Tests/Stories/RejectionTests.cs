using System.Text;
using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>Bad input: every error with its field, the last good config in force, nothing written, the agent alive.</summary>
public sealed class RejectionTests
{
    public static TheoryData<string, string> BadResources => new()
    {
        { """{"name":"../../x","numVfs":4,"nicSelector":{"pfNames":["eth3"]}}""", "name: \"../../x\" is not a name" },
        { """{"name":"other","numVfs":4,"nicSelector":{"pfNames":["eth3"]}}""", "name: names another object than the topic" },
        { """{"name":"eth3-vfs","numVfs":"many","nicSelector":{"pfNames":["eth3"]}}""", "numVfs" },
        { """{"name":"eth3-vfs","numVfs":-1,"nicSelector":{"pfNames":["eth3"]}}""", "numVfs" },
        { """{"name":"eth3-vfs","nicSelector":{"pfNames":["eth3"]}}""", "numVfs: 0 is not a number of VFs" },
        { """{"name":"eth3-vfs","numVfs":4}""", "nicSelector: is empty" },
        { """{"name":"eth3-vfs","numVfs":4,"mtu":20,"nicSelector":{"devices":["eth3"]}}""", "nicSelector.devices[0]" },
        { """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"color":"red"}""", "color" },
        { """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"deviceType":"tap"}""", "deviceType: \"tap\"" },
        { """{"name":"eth3-vfs",""", "not JSON: line 1, column 19" },
        { new string('[', 5000), "protobuf" },
        { """{"name":"eth3-vfs","nicSelector":""" + new string('[', 5000), "levels" },
        { "{\"name\":\"" + new string('x', 300 * 1024) + "\"}", "262144" },
        { "\u0001\u0002\u0003 random bytes \u0007", "protobuf" },
    };

    [Theory]
    [MemberData(nameof(BadResources))]
    public async Task A_bad_resource_is_rejected_by_field_and_the_last_good_one_stays(string payload, string expected)
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        int writes = rig.World.Writes;

        await rig.PublishAsync(Payloads.ResourceTopic, payload);

        JsonNode rejected = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "REJECTED"))!;
        Assert.Contains(expected, rejected["conditions"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("InvalidConfig", rejected["conditions"]![0]!["reason"]!.GetValue<string>());
        Assert.Equal("TRUE", rejected["conditions"]![1]!["status"]!.GetValue<string>());
        Assert.Equal(4, rejected["spec"]!["numVfs"]!.GetValue<int>());
        Assert.Equal(writes, rig.World.Writes);

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal(writes, rig.World.Writes);
    }

    [Fact]
    public async Task A_bad_message_that_was_not_retained_takes_nothing_from_the_good_one_that_was()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.SettledAsync();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");

        await rig.PublishAsync(Payloads.ResourceTopic, """{"name":"eth3-vfs"}""", retain: false);

        JsonNode rejected = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "REJECTED"))!;
        Assert.DoesNotContain("NotRetained", rejected["conditions"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("-x")]
    [InlineData(".vfagent-f1-u.tmp")]
    [InlineData("a b")]
    public async Task A_topic_that_is_no_name_is_rejected_and_never_becomes_a_path(string name)
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", status => status is not null);
        int writes = rig.World.Writes;

        await rig.PublishAsync($"config/networkattachments/{name}", $$$"""{"name":"{{{name}}}","config":{"type":"bridge"}}""");

        JsonNode rejected = (await rig.Board.WaitForPhaseAsync($"networkattachments/{name}", "REJECTED"))!;
        Assert.Contains("name: ", rejected["conditions"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(writes, rig.World.Writes);
        await rig.PublishAsync($"config/networkattachments/{name}", "");
        await rig.Board.WaitForAsync($"networkattachments/{name}", status => status is null);
    }

    [Fact]
    public async Task All_errors_of_an_attachment_are_told_at_once()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();

        await rig.PublishAsync("config/networkattachments/f1-u",
            """{"name":"f1-u","resourceName":"a/b","config":{"cniVersion":"9","plugins":[{"type":"../sh"},{"type":"tuning","x":"${vf.mac}"}]}}""");

        JsonNode rejected = (await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "REJECTED"))!;
        string message = rejected["conditions"]![0]!["message"]!.GetValue<string>();
        Assert.All(
            ["resourceName: ", "config.cniVersion: ", "config.plugins[0].type: ", "config.plugins[1].x: "],
            field => Assert.Contains(field, message, StringComparison.Ordinal));
        Assert.Empty(rig.World.Disk.Files("/etc/cni/net.d"));
    }

    [Fact]
    public async Task A_document_with_one_bad_object_is_not_taken_at_all_and_says_which()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync("config", $$"""{"resourceConfigs":[{{Payloads.Resource}}],"networkattachments":[{{Payloads.Attachment}}]}""");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");

        await rig.PublishAsync("config", """{"networkattachments":[{"name":"new","config":{"type":"bridge"}},{"name":"f1-u"}]}""");

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "REJECTED");
        JsonNode agent = (await rig.Board.WaitForAsync("agent", status => status?["conditions"]?.AsArray().Count == 1))!;
        Assert.Contains("networkattachments[1].config: is missing", agent["conditions"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
        Assert.Null(rig.Conflist("new"));

        await rig.PublishAsync("config", "{}");
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status is null);
        await rig.Board.WaitForAsync("agent", status => status?["conditions"]?.AsArray().Count == 0);
        Assert.Null(rig.Conflist("f1-u"));
    }

    [Fact]
    public async Task An_object_of_its_own_topic_hides_the_documents_until_it_is_deleted()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync("config", """{"networkattachments":[{"name":"net","config":{"type":"bridge"}}]}""");
        await rig.Board.WaitForAsync("networkattachments/net", status => Type(status) == "bridge");

        await rig.PublishAsync("config/networkattachments/net", """{"name":"net","config":{"type":"macvlan"}}""");
        await rig.Board.WaitForAsync("networkattachments/net", status => Type(status) == "macvlan");
        await rig.PublishAsync("config", """{"networkattachments":[{"name":"net","config":{"type":"ipvlan"}}]}""");
        await rig.PublishAsync("config/networkattachments/net", "");

        await rig.Board.WaitForAsync("networkattachments/net", status => Type(status) == "ipvlan" && status!["phase"]!.GetValue<string>() == "IN_SYNC");
        Assert.Contains("ipvlan", rig.Conflist("net"), StringComparison.Ordinal);

        static string? Type(JsonNode? status) => status?["config"]?["plugins"]?[0]?["type"]?.GetValue<string>();
    }

    [Fact]
    public async Task A_thousand_broken_strangers_do_not_make_the_agent_grow()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();

        // In portions, since a broker drops what a client does not take in time.
        for (int i = 1; i <= 1000; i++)
        {
            await rig.PublishAsync($"config/resources/stranger{i}", Encoding.UTF8.GetBytes("{"));
            if (i % 50 != 0)
                continue;

            await rig.PublishAsync($"config/resources/portion{i}", ResourceNamed($"portion{i}"));
            await rig.Board.WaitForPhaseAsync($"resources/portion{i}", "PENDING");
        }

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        JsonNode agent = (await rig.Board.WaitForAsync("agent", status => status?["counts"]?["inSync"]?.GetValue<int>() == 1))!;
        Assert.Equal(256, agent["counts"]!["rejected"]!.GetValue<int>());
    }

    private static string ResourceNamed(string name) => $$"""{"name":"{{name}}","nicSelector":{"pfNames":["none"]},"numVfs":1}""";
}
