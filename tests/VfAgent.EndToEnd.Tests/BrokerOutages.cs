using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>The broker goes, comes late, or comes back without a memory: nothing on the host changes, and the status is there again.</summary>
public sealed class BrokerOutages
{
    private const string Forgetful = """
        listener 1883
        allow_anonymous true
        persistence false
        log_dest stderr

        """;

    [Fact]
    public async Task A_stopped_and_started_broker_changes_nothing_and_newer_config_still_arrives()
    {
        string remembering = await File.ReadAllTextAsync(Path.Combine(Binary.Root, "compose", "mosquitto.conf"), TestContext.Current.CancellationToken);
        await using Mosquitto broker = Mosquitto.OnPort(Mosquitto.FreePort(), remembering);
        await broker.StartAsync();
        await using TestHost host = await InSyncAsync(broker);
        string before = host.Written();

        await broker.StopAsync();
        await broker.StartAsync();
        await host.WatchAsync(broker);

        await host.Controller.ConfigureAsync("networkattachments/later", Payloads.AttachmentOf("later", "eth3-vfs"));
        await host.Controller.PhaseAsync("networkattachments/later", "IN_SYNC");
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal(before, host.Written(except: host.Conflist("later")));
    }

    [Fact]
    public async Task A_broker_that_lost_its_store_gets_every_status_again_and_each_says_that_its_config_is_not_retained()
    {
        await using Mosquitto broker = Mosquitto.OnPort(Mosquitto.FreePort(), Forgetful);
        await broker.StartAsync();
        await using TestHost host = await InSyncAsync(broker);
        string before = host.Written();

        await broker.StopAsync();
        await broker.StartAsync();
        await host.WatchAsync(broker);

        foreach (string topic in new[] { "resources/eth3-vfs", "networkattachments/f1-u" })
        {
            await host.Controller.StatusAsync(topic, status => (string?)status["phase"] == "IN_SYNC" && Reasons(status).Contains("NotRetained"));
            Assert.NotNull(host.Controller.Newest("status/" + topic));
        }

        Assert.Equal(before, host.Written());
    }

    [Fact]
    public async Task A_broker_started_after_the_agent_finds_the_bootstrap_file_applied()
    {
        int port = Mosquitto.FreePort();
        await using Mosquitto broker = Mosquitto.OnPort(port, Forgetful);
        await using TestHost host = new("igb:2");
        await File.WriteAllTextAsync(host.BootstrapFile,
            $$"""{"resourceConfigs":[{{Payloads.Resource}}],"networkattachments":[{{Payloads.Attachment}}]}""", TestContext.Current.CancellationToken);

        host.StartAgent($"mqtt://127.0.0.1:{port}");
        await TestHost.UntilExistsAsync(host.Conflist("f1-u"));
        string before = host.Written();
        await broker.StartAsync();
        await host.WatchAsync(broker);

        await host.OnlineAsync();
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal(before, host.Written());
    }

    [Fact]
    public async Task The_last_good_config_is_applied_again_with_no_broker()
    {
        await using Mosquitto broker = Mosquitto.OnPort(Mosquitto.FreePort(), Forgetful);
        await broker.StartAsync();
        await using TestHost host = await InSyncAsync(broker);
        string device = (string)(await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC"))["device"]!;
        Assert.Equal(0, await host.Agent.StopAsync());
        string url = broker.Url();
        await broker.StopAsync();
        File.Delete(host.Conflist("f1-u"));

        host.StartAgent(url);
        await TestHost.UntilExistsAsync(host.Conflist("f1-u"));

        Assert.Contains(device, await File.ReadAllTextAsync(host.Conflist("f1-u"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<TestHost> InSyncAsync(Mosquitto broker)
    {
        TestHost host = await TestHost.StartAsync(broker, "igb:2");
        await host.TakeExampleAsync();
        return host;
    }

    private static IEnumerable<string?> Reasons(JsonNode status) =>
        status["conditions"]!.AsArray().Select(condition => (string?)condition!["reason"]);
}
