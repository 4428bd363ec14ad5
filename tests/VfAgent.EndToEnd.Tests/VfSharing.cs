using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Fleet;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>One VF, one attachment, whatever comes at once.</summary>
public sealed class VfSharing(SharedBroker shared)
{
    private const int TotalVfs = 64;

    [Fact]
    public async Task Sixty_four_attachments_at_once_get_sixty_four_vfs_and_one_more_waits_for_the_first_freed()
    {
        await using TestHost host = await TestHost.StartAsync(shared.Broker, $"i40e:1");
        Controller controller = host.Controller;
        await controller.ConfigureAsync("resources/pool", """{"name":"pool","numVfs":64,"nicSelector":{"pfNames":["eth2"]}}""");

        string[] names = [.. Enumerable.Range(1, TotalVfs).Select(number => $"net-{number}")];
        await Task.WhenAll(names.Select(name => controller.ConfigureAsync($"networkattachments/{name}", Payloads.AttachmentOf(name, "pool"))));

        string[] devices = new string[TotalVfs];
        for (int i = 0; i < TotalVfs; i++)
            devices[i] = (string)(await controller.PhaseAsync($"networkattachments/{names[i]}", "IN_SYNC"))["device"]!;
        Assert.Equal(TotalVfs, devices.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(TotalVfs, InConflists(host).Distinct(StringComparer.Ordinal).Count());

        await controller.ConfigureAsync("networkattachments/late", Payloads.AttachmentOf("late", "pool"));
        JsonNode waiting = await controller.PhaseAsync("networkattachments/late", "PENDING");
        Assert.Contains("NoFreeVf", waiting["conditions"]!.AsArray().Select(condition => (string?)condition!["reason"]));
        Assert.False(File.Exists(host.Conflist("late")));

        await controller.ConfigureAsync("networkattachments/net-17", "");
        JsonNode served = await controller.PhaseAsync("networkattachments/late", "IN_SYNC");
        Assert.Equal(devices[16], (string?)served["device"]);
    }

    [Fact]
    public async Task A_vf_that_a_foreign_conflist_names_is_not_given_away()
    {
        await using TestHost host = new("igb:2");
        await File.WriteAllTextAsync(Path.Combine(host.Conflists, "10-mine.conflist"),
            """{"cniVersion":"1.0.0","name":"mine","plugins":[{"type":"sriov","deviceID":"0000:02:10.0"}]}""", TestContext.Current.CancellationToken);
        await host.WatchAsync(shared.Broker);
        host.StartAgent(shared.Broker.Url());

        await host.Controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        await host.Controller.ConfigureAsync("networkattachments/f1-u", Payloads.Attachment);
        JsonNode status = await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");

        Assert.Equal("0000:02:10.2", (string?)status["device"]);
    }

    [Fact]
    public async Task An_attachment_may_come_before_its_resource()
    {
        await using TestHost host = await TestHost.StartAsync(shared.Broker, "igb:2");

        await host.Controller.ConfigureAsync("networkattachments/f1-u", Payloads.Attachment);
        JsonNode waiting = await host.Controller.PhaseAsync("networkattachments/f1-u", "PENDING");
        Assert.Contains("ResourceNotFound", waiting["conditions"]!.AsArray().Select(condition => (string?)condition!["reason"]));

        await host.Controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.True(File.Exists(host.Conflist("f1-u")));
    }

    private static IEnumerable<string> InConflists(TestHost host) =>
        Directory.EnumerateFiles(host.Conflists).Select(file => (string)JsonNode.Parse(File.ReadAllText(file))!["plugins"]![0]!["deviceID"]!);
}
