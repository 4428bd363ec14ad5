using System.Text;
using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class MqttSessionOutboundTests : IAsyncLifetime
{
    private const string Birth = "broker PUBLISH vfagent/v1/hosts/h1/status/agent=ONLINE retained";

    private readonly Journal _journal = new();
    private readonly TestBroker _broker;
    private readonly TestAgent _agent;

    public MqttSessionOutboundTests()
    {
        _broker = new TestBroker(_journal);
        _agent = new TestAgent(_journal, _broker.Port);
    }

    public async ValueTask InitializeAsync() => await _broker.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task The_birth_comes_first_and_only_the_latest_of_what_changed_while_offline()
    {
        _agent.SetStatus("a", "1");
        _agent.SetStatus("a", "2");
        _agent.SetStatus("b", "1");
        _agent.SetBirth();
        _agent.Start();
        await SeenAsync("b", "1");

        Assert.Equal(
            [Birth, $"broker PUBLISH {TestAgent.Status("a")}=2 retained", $"broker PUBLISH {TestAgent.Status("b")}=1 retained"],
            _journal.StartingWith("broker PUBLISH"));
    }

    [Fact]
    public async Task An_unchanged_status_is_not_published_again()
    {
        _agent.Start();
        _agent.SetStatus("a", "1");
        await SeenAsync("a", "1");
        _agent.SetStatus("a", "1");
        _agent.SetStatus("b", "1");
        await SeenAsync("b", "1");

        Assert.Equal(1, _journal.Count($"broker PUBLISH {TestAgent.Status("a")}=1 retained"));
    }

    [Fact]
    public async Task A_broker_that_comes_back_with_its_store_gets_the_birth_and_what_changed_meanwhile()
    {
        _agent.SetBirth();
        _agent.SetStatus("a", "1");
        _agent.SetStatus("b", "1");
        _agent.Start();
        await _agent.SettleAsync(_broker, "settled");
        await _journal.WaitForAsync("log Subscribed");
        await _broker.StopAsync();
        await _journal.WaitForAsync("log Reconnecting");
        _agent.SetStatus("b", "2");
        await _broker.StartAsync();
        await _agent.PassAsync(1);
        await SeenAsync("b", "2");

        Assert.Equal(2, _journal.Count(Birth));
        Assert.Equal(1, _journal.Count($"broker PUBLISH {TestAgent.Status("a")}=1 retained"));
        await _journal.WaitForAsync("broker SUBSCRIBE vfagent/v1/hosts/h1/config/# retain handling 0");
    }

    [Fact]
    public async Task A_broker_that_comes_back_empty_gets_everything_and_is_asked_for_everything()
    {
        _agent.SetBirth();
        _agent.SetStatus("a", "1");
        _agent.Start();
        await _agent.SettleAsync(_broker, "settled");
        await _journal.WaitForAsync("log Subscribed");
        await _broker.StopAsync();
        await _journal.WaitForAsync("log Reconnecting");
        await _broker.StartEmptyAsync();
        await _agent.PassAsync(1);
        await _journal.WaitForAsync($"broker PUBLISH {TestAgent.Status("a")}=1 retained", times: 2);

        await _journal.WaitForAsync("broker SUBSCRIBE vfagent/v1/hosts/h1/config/# retain handling 0", times: 2);
        await _agent.SettleAsync(_broker, "settled", times: 2);
        Assert.Equal(
            ["vfagent/v1/hosts/h1/status/agent=ONLINE", $"{TestAgent.Status("a")}=1", $"{TestAgent.Status("probe")}=2"], await _broker.RetainedAsync());
    }

    [Fact]
    public async Task A_broker_that_starts_after_the_agent_is_found()
    {
        await _broker.StopAsync();
        _agent.SetBirth();
        _agent.Start();
        await _agent.PassAsync(1);
        await _journal.WaitForAsync("log ConnectFailed", times: 2);
        await _journal.WaitForAsync("timer 2");
        await _broker.StartAsync();
        _agent.Time.Advance(TimeSpan.FromSeconds(2));

        await _journal.WaitForAsync(Birth);
    }

    [Fact]
    public async Task A_cleared_topic_is_removed_at_the_broker()
    {
        _agent.Start();
        _agent.SetStatus("a", "1");
        await SeenAsync("a", "1");
        _agent.Session.Retained.Clear(TestAgent.Status("a"));
        await SeenAsync("a", "");

        Assert.Empty(await _broker.RetainedAsync());
    }

    [Fact]
    public async Task A_status_that_the_broker_does_not_accept_is_tried_again_after_a_minute()
    {
        _broker.OnPublish = publish => publish.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
        _agent.Start();
        _agent.SetStatus("a", "1");
        await _journal.WaitForAsync("log PublishRefused");
        _broker.OnPublish = _ => { };
        await _journal.WaitForAsync("timer change 60");
        _agent.Time.Advance(TimeSpan.FromSeconds(60));

        await _journal.WaitForAsync($"broker PUBLISH {TestAgent.Status("a")}=1 retained", times: 2);
    }

    [Fact]
    public async Task A_status_over_the_brokers_packet_size_is_not_sent_and_the_others_are()
    {
        _broker.OnConnAck = connAck => connAck.MaximumPacketSize = 200;
        _agent.SetStatus("large", new string('x', 150));
        _agent.SetStatus("small", "1");
        _agent.Start();
        await SeenAsync("small", "1");

        Assert.Equal(1, _journal.Count("log TooLarge"));
        Assert.Single(_journal.StartingWith("broker PUBLISH"));
    }

    [Fact]
    public async Task Events_are_not_retained_and_the_oldest_are_dropped_while_offline()
    {
        await _broker.StopAsync();
        _agent.Start();
        for (int i = 1; i <= EventQueue.Capacity + 3; i++)
            _agent.Session.Publish(new OutboundMessage("vfagent/v1/hosts/h1/events", Encoding.UTF8.GetBytes($"{i}"), OutboundMessage.Protobuf));

        await _journal.WaitForAsync("log Reconnecting");
        await _broker.StartAsync();
        await _agent.PassAsync(1);
        await _journal.WaitForAsync($"broker PUBLISH vfagent/v1/hosts/h1/events={EventQueue.Capacity + 3}");

        Assert.Equal("broker PUBLISH vfagent/v1/hosts/h1/events=4", _journal.StartingWith("broker PUBLISH")[0]);
        Assert.Equal(1, _journal.Count("log EventsDropped"));
        Assert.Empty(await _broker.RetainedAsync());
    }

    [Fact]
    public async Task A_clean_stop_says_goodbye_in_both_forms_and_keeps_the_session()
    {
        _agent.SetBirth();
        _agent.Start();
        await _agent.SettleAsync(_broker, "settled");

        Assert.Equal(SessionEnd.Stopped, await _agent.StopAsync());
        await _journal.WaitForAsync("broker DISCONNECTED Clean");
        Assert.Equal(
            ["vfagent/v1/hosts/h1/json/status/agent={OFFLINE}", "vfagent/v1/hosts/h1/status/agent=OFFLINE", $"{TestAgent.Status("probe")}=1"],
            await _broker.RetainedAsync());
        Assert.Equal(1, await _broker.SessionsAsync());
    }

    [Fact]
    public async Task After_a_lost_connection_the_broker_publishes_the_will_and_the_birth_comes_again()
    {
        using Relay relay = new(_broker.Port);
        await using TestAgent agent = new(_journal, relay.Port);
        agent.SetBirth();
        agent.Start();
        await _journal.WaitForAsync(Birth);
        relay.Cut();
        await _journal.WaitForAsync("broker PUBLISH vfagent/v1/hosts/h1/status/agent=OFFLINE retained");
        await agent.PassAsync(1);

        await _journal.WaitForAsync(Birth, times: 2);
    }

    private async Task SeenAsync(string status, string text) =>
        await _journal.WaitForAsync($"broker PUBLISH {TestAgent.Status(status)}={text} retained");
}
