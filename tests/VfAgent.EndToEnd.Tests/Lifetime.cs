using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Fleet;
using VfAgent.EndToEnd.Tests.Hosts;
using VfAgent.Protocol.V1;

namespace VfAgent.EndToEnd.Tests;

/// <summary>Starting, resting, stopping, dying.</summary>
public sealed class Lifetime(SharedBroker shared)
{
    private readonly Mosquitto _broker = shared.Broker;

    [Fact]
    public async Task Sigterm_ends_it_with_0_and_an_offline_of_its_own()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");

        Assert.Equal(0, await host.Agent.StopAsync());

        await host.Controller.StatusAsync("agent", status => (string?)status["state"] == "OFFLINE");
    }

    [Fact]
    public async Task After_kill_9_the_broker_says_offline_for_the_same_session()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");
        await host.Agent.KillAsync();

        // Only this one: a connection has one will.
        await host.Controller.UntilAsync(() => Agent(host)?.State == AgentStatus.Types.State.Offline, "the last will has not come");
        Assert.Equal(host.Session, Agent(host)?.SessionId);
    }

    [Fact]
    public async Task The_same_config_again_publishes_and_writes_nothing()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");
        Controller controller = host.Controller;
        await host.TakeExampleAsync();
        await FollowAsync(controller, "before");
        // These two change last.
        await controller.StatusAsync("discovery", status => status.ToJsonString().Contains("f1-u", StringComparison.Ordinal));
        await controller.StatusAsync("agent", status => (int)status["counts"]!["inSync"]! == 3);
        string before = host.Written();
        int seen = controller.History.Count;

        await controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        await controller.ConfigureAsync("networkattachments/f1-u", Payloads.Attachment);
        await FollowAsync(controller, "after");

        IEnumerable<string> said = controller.History.Skip(seen).Select(message => message.Topic);
        Assert.DoesNotContain(said, topic => topic.StartsWith("status/", StringComparison.Ordinal) && topic is not "status/agent" and not "status/networkattachments/after");
        Assert.Equal(before, host.Written(except: host.Conflist("after")));
    }

    [Fact]
    public async Task A_second_agent_of_the_same_id_takes_over_and_the_first_ends_and_says_why()
    {
        await using TestHost host = await TestHost.StartAsync(_broker, "igb:2");
        await using TestHost twin = new("igb:2", host.Id);
        twin.StartAgent(_broker.Url());

        Assert.Equal(2, await host.Agent.ExitAsync());

        Assert.Matches("(?i)took over", host.Agent.Output);
        Assert.True(twin.Agent.Running);
    }

    private static AgentStatus? Agent(TestHost host) =>
        host.Controller.Newest("status/agent") is { } message ? AgentStatus.Parser.ParseFrom(message.Payload) : null;

    /// <summary>Has a small object go through the whole agent: what was sent before it has been dealt with when it is there.</summary>
    private static async Task FollowAsync(Controller controller, string name)
    {
        await controller.ConfigureAsync($"networkattachments/{name}", Payloads.Bridge(name));
        await controller.PhaseAsync($"networkattachments/{name}", "IN_SYNC");
    }
}
