using System.Text;
using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>Whatever arrives: it is refused with the reason and the field, the last good config stays, and the agent lives.</summary>
public sealed class BadInput(SharedBroker shared)
{
    private const string Resource = "resources/eth3-vfs", Attachment = "networkattachments/f1-u";
    private const int TooLarge = 300 * 1024;

    /// <summary>By what is wrong: where it is sent, the payload, and what the refusal has to name.</summary>
    private static readonly Dictionary<string, (string Topic, byte[] Payload, string Named)> _cases = new(StringComparer.Ordinal)
    {
        ["an unknown field"] = Json(Resource, """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"numberOfVfs":5}""", "numberOfVfs"),
        ["a word for a number"] = Json(Resource, """{"name":"eth3-vfs","numVfs":"four","nicSelector":{"pfNames":["eth3"]}}""", "numVfs"),
        ["a negative number"] = Json(Resource, """{"name":"eth3-vfs","numVfs":-1,"nicSelector":{"pfNames":["eth3"]}}""", "numVfs"),
        ["a word for an object"] = Json(Resource, """{"name":"eth3-vfs","numVfs":4,"nicSelector":"eth3"}""", "nicSelector"),
        ["a selector of everything"] = Json(Resource, """{"name":"eth3-vfs","numVfs":4,"nicSelector":{}}""", "nicSelector"),
        ["an unknown device type"] = Json(Resource, """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"deviceType":"uio"}""", "deviceType"),
        ["another object's name"] = Json(Resource, """{"name":"other","numVfs":4,"nicSelector":{"pfNames":["eth3"]}}""", "name"),
        ["a path for a name"] = Json(Attachment, """{"name":"../../x","resourceName":"eth3-vfs","config":{"type":"sriov"}}""", "name"),
        ["a path for a resource"] = Json(Attachment, """{"name":"f1-u","resourceName":"../x","config":{"type":"sriov"}}""", "resourceName"),
        ["a path for a plugin"] = Json(Attachment, """{"name":"f1-u","config":{"plugins":[{"type":"../../bin/sh"}]}}""", "type"),
        ["a word for a struct"] = Json(Attachment, """{"name":"f1-u","resourceName":"eth3-vfs","config":"sriov"}""", "config"),
        ["no plugin"] = Json(Attachment, """{"name":"f1-u","config":{"cniVersion":"1.0.0","plugins":[]}}""", "plugins"),
        ["an unknown CNI version"] = Json(Attachment, """{"name":"f1-u","config":{"cniVersion":"9.9.9","plugins":[{"type":"sriov"}]}}""", "cniVersion"),
        ["deep JSON"] = Json(Attachment, $$$"""{"name":"f1-u","config":{"type":"sriov","a":{{{new string('[', 5000)}}}{{{new string(']', 5000)}}}}}""", ""),
        ["half a document"] = Json(Attachment, """{"name":"f1-u","config":{""", ""),
        ["a list"] = Json(Attachment, "[]", ""),
        ["random bytes"] = (Attachment, RandomBytes(512), ""),
        ["300 KiB"] = Json(Attachment, $$$"""{"name":"f1-u","config":{"type":"sriov","a":"{{{new string('a', TooLarge)}}}"}}""", "262144"),
    };

    public static TheoryData<string> WhatIsWrong { get; } = [.. _cases.Keys];

    [Theory]
    [MemberData(nameof(WhatIsWrong))]
    public async Task A_bad_payload_is_refused_and_the_last_good_one_stays_in_force(string what)
    {
        (string topic, byte[] payload, string named) = _cases[what];
        await using TestHost host = await TestHost.StartAsync(shared.Broker, "igb:2");
        await host.TakeExampleAsync();
        string before = host.Written();

        await host.Controller.ConfigureAsync(topic, payload);
        JsonNode refused = await host.Controller.PhaseAsync(topic, "REJECTED");

        Assert.Contains(named, Refusal(refused), StringComparison.Ordinal);
        await host.Controller.ConfigureAsync(topic, topic == Resource ? Payloads.Resource : Payloads.Attachment);
        await host.Controller.PhaseAsync(topic, "IN_SYNC");
        Assert.Equal(before, host.Written());
        Assert.True(host.Agent.Running);
    }

    [Theory]
    [MemberData(nameof(WhatIsWrong))]
    public async Task A_bad_payload_for_an_object_that_never_was_good_writes_nothing(string what)
    {
        (string topic, byte[] payload, string named) = _cases[what];
        await using TestHost host = await TestHost.StartAsync(shared.Broker, "igb:2");

        await host.Controller.ConfigureAsync(topic, payload);
        JsonNode refused = await host.Controller.PhaseAsync(topic, "REJECTED");

        Assert.Contains(named, Refusal(refused), StringComparison.Ordinal);
        Assert.Empty(host.Written());
        await host.Controller.ConfigureAsync(topic, "");
        await host.Controller.GoneAsync(topic);
    }

    [Fact]
    public async Task A_document_is_taken_whole_or_not_at_all_and_every_error_is_named()
    {
        await using TestHost host = await TestHost.StartAsync(shared.Broker, "igb:2");
        await host.Controller.ConfigureAsync("", $$"""{"resourceConfigs":[{{Payloads.Resource}}],"networkattachments":[{{Payloads.Attachment}}]}""");
        await host.Controller.PhaseAsync(Attachment, "IN_SYNC");
        string before = host.Written();

        await host.Controller.ConfigureAsync("", """
            {"resourceConfigs":[{"name":"good","numVfs":1,"nicSelector":{"pfNames":["eth2"]}},{"name":"bad","numVfs":1}],
             "networkattachments":[{"name":"../../x","config":{"type":"bridge"}}]}
            """);
        JsonNode agent = await host.Controller.StatusAsync("agent", status => Refusal(status).Contains("name", StringComparison.Ordinal));

        Assert.Contains("nicSelector", Refusal(agent), StringComparison.Ordinal);
        Assert.Null(host.Controller.Newest("status/resources/good"));
        Assert.Equal(before, host.Written());
    }

    /// <summary>The messages of all conditions that say no.</summary>
    private static string Refusal(JsonNode status) =>
        string.Join('\n', status["conditions"]!.AsArray()
            .Where(condition => (string?)condition!["status"] == "FALSE")
            .Select(condition => (string?)condition!["message"]));

    private static (string Topic, byte[] Payload, string Named) Json(string topic, string payload, string named) =>
        (topic, Encoding.UTF8.GetBytes(payload), named);

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
