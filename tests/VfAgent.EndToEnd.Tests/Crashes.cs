using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Fleet;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>kill -9 on real files, once after each thing the agent says. (Every single write is tested in process, over the simulated kernel.)</summary>
public sealed class Crashes(SharedBroker shared)
{
    private const int MostMessages = 200;
    private static readonly string[] _names = ["f1-c", "f1-u", "n3"];

    [Fact]
    public async Task Killed_after_any_message_and_started_again_it_comes_to_the_same_end()
    {
        int messages = 1;
        while (await SurvivesAsync(messages))
            Assert.InRange(messages++, 1, MostMessages);
    }

    /// <returns>False when the story was over before that many messages.</returns>
    private async Task<bool> SurvivesAsync(int messages)
    {
        await using TestHost host = await TestHost.StartAsync(shared.Broker, "igb:2");
        Controller controller = host.Controller;
        int killAt = Said(controller) + messages;
        await controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        foreach (string name in _names)
            await controller.ConfigureAsync($"networkattachments/{name}", Payloads.AttachmentOf(name, "eth3-vfs"));

        await controller.UntilAsync(() => Said(controller) >= killAt || InSync(controller, _names), "the story does not go on");
        bool inTime = Said(controller) >= killAt;
        await host.Agent.KillAsync();
        Dictionary<string, string> given = Given(host);

        host.StartAgent(shared.Broker.Url());
        await host.OnlineAsync();
        // The NICs have forgotten their VFs as after a reboot, so only the new agent can give this one a VF.
        await controller.ConfigureAsync("networkattachments/last", Payloads.AttachmentOf("last", "eth3-vfs"));
        await controller.UntilAsync(() => InSync(controller, [.. _names, "last"]), "the story does not end");

        Dictionary<string, string> end = Given(host);
        Assert.Equal([.. _names, "last"], end.Keys.ToHashSet());
        Assert.Equal(end.Count, end.Values.Distinct().Count());
        Assert.All(given, before => Assert.Equal(before.Value, end[before.Key]));
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(host.State)!, "*.tmp", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.None,
        }));
        return inTime;
    }

    private static int Said(Controller controller) =>
        controller.History.Count(message => !message.Topic.StartsWith("config/", StringComparison.Ordinal));

    private static bool InSync(Controller controller, IEnumerable<string> names) =>
        names.Select(name => "networkattachments/" + name).Append("resources/eth3-vfs").All(topic =>
            controller.Newest("json/status/" + topic) is { } status && (string?)JsonNode.Parse(status.Text)!["phase"] == "IN_SYNC");

    /// <summary>Each conflist's VF by the attachment's name.</summary>
    private static Dictionary<string, string> Given(TestHost host) =>
        Directory.EnumerateFiles(host.Conflists, "*.conflist")
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!)
            .ToDictionary(list => (string)list["name"]!, list => (string)list["plugins"]![0]!["deviceID"]!);
}
