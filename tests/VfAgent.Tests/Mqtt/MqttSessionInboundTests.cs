using MQTTnet.Protocol;

namespace VfAgent.Tests.Mqtt;

public sealed class MqttSessionInboundTests : IAsyncLifetime
{
    private readonly Journal _journal = new();
    private readonly TestBroker _broker;
    private readonly TestAgent _agent;

    public MqttSessionInboundTests()
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
    public async Task A_message_is_acknowledged_only_after_its_handler_and_the_next_waits_for_it()
    {
        TaskCompletionSource release = new();
        _agent.Handle = _ => release.Task;
        _agent.Start();
        await SubscribedAsync();
        await _broker.PublishAsync(TestAgent.Config("a"), "1");
        await _broker.PublishAsync(TestAgent.Config("b"), "2");
        await _journal.WaitForAsync($"handle {TestAgent.Config("a")}=1 retained");

        // A PUBACK would have gone over the same connection before this.
        _agent.SetStatus("x", "later");
        await _journal.WaitForAsync($"broker PUBLISH {TestAgent.Status("x")}=later retained");
        Assert.Empty(_journal.StartingWith("broker PUBACK"));
        Assert.Single(_journal.StartingWith("handle"));

        release.SetResult();
        await _journal.WaitForAsync($"broker PUBACK {TestAgent.Config("b")}");
        Assert.Equal([$"handle {TestAgent.Config("a")}=1 retained", $"handle {TestAgent.Config("b")}=2 retained"], _journal.StartingWith("handle"));
        Assert.Equal([$"broker PUBACK {TestAgent.Config("a")}", $"broker PUBACK {TestAgent.Config("b")}"], _journal.StartingWith("broker PUBACK"));
    }

    [Fact]
    public async Task A_message_whose_handler_throws_is_not_acknowledged_and_comes_again_after_a_reconnect()
    {
        bool broken = true;
        _agent.Handle = message => broken && message.Topic.EndsWith('a') ? throw new IOException("disk full") : Task.CompletedTask;
        _agent.Start();
        await SubscribedAsync();
        await _broker.PublishAsync(TestAgent.Config("a"), "1", retain: false);
        await _broker.PublishAsync(TestAgent.Config("b"), "2", retain: false);
        await _journal.WaitForAsync($"broker PUBACK {TestAgent.Config("b")}");
        Assert.Equal(0, _journal.Count($"broker PUBACK {TestAgent.Config("a")}"));
        Assert.Equal(1, _journal.Count("log HandlerFailed"));

        broken = false;
        await _broker.DisconnectAsync("vfagent-h1", MqttDisconnectReasonCode.ServerShuttingDown);
        await _agent.PassAsync(1);

        await _journal.WaitForAsync($"broker PUBACK {TestAgent.Config("a")}");
    }

    [Fact]
    public async Task The_retain_flag_is_the_publishers()
    {
        await _broker.PublishAsync(TestAgent.Config("replayed"), "1");
        _agent.Start();
        await _agent.SettleAsync(_broker, "settled");
        await _journal.WaitForAsync("broker SUBSCRIBED vfagent/v1/hosts/h1/config/#", 2);
        await _broker.PublishAsync(TestAgent.Config("live"), "2");
        await _broker.PublishAsync(TestAgent.Config("fleeting"), "3", retain: false);
        await _broker.PublishAsync(TestAgent.Config("live"), "");

        await _journal.WaitForAsync($"handle {TestAgent.Config("replayed")}=1 retained");
        await _journal.WaitForAsync($"handle {TestAgent.Config("live")}=2 retained");
        await _journal.WaitForAsync($"handle {TestAgent.Config("fleeting")}=3");
        await _journal.WaitForAsync($"handle {TestAgent.Config("live")}= retained");
    }

    [Fact]
    public async Task A_change_amid_the_replay_is_taken_for_retained()
    {
        _agent.Start();
        await SubscribedAsync();
        await _broker.PublishAsync(TestAgent.Config("live"), "1");

        await _journal.WaitForAsync($"handle {TestAgent.Config("live")}=1 retained");
    }

    [Fact]
    public async Task A_payload_that_is_too_large_for_a_config_still_arrives()
    {
        await _broker.PublishAsync(TestAgent.Config("large"), new byte[300 << 10]);
        _agent.Start();

        await _journal.WaitForAsync($"handle {TestAgent.Config("large")}={300 << 10} bytes retained");
    }

    [Fact]
    public async Task Replayed_messages_have_settled_two_quiet_seconds_after_the_last_was_handled()
    {
        TaskCompletionSource release = new();
        _agent.Handle = _ => release.Task;
        await _broker.PublishAsync(TestAgent.Config("a"), "1");
        _agent.Start();
        await _journal.WaitForAsync($"handle {TestAgent.Config("a")}=1 retained");
        await _agent.PassAsync(2);
        Assert.Empty(_journal.StartingWith("settled"));

        // Handled now, at second 2; the wait that has ended is not the one that counts.
        release.SetResult();
        await _journal.WaitForAsync("timer change 2");
        Assert.Empty(_journal.StartingWith("settled"));
        _agent.Time.Advance(TimeSpan.FromSeconds(2));

        await _journal.WaitForAsync("settled");
    }

    [Fact]
    public async Task Stale_status_of_an_earlier_run_is_cleared_and_nothing_else()
    {
        await _broker.PublishAsync(TestAgent.Status("gone"), "old");
        await _broker.PublishAsync("vfagent/v1/hosts/h1/json/status/resources/gone", "{old}");
        await _broker.PublishAsync(TestAgent.Status("kept"), "old");
        await _broker.PublishAsync(TestAgent.Config("a"), "1");
        await _broker.PublishAsync("vfagent/v1/hosts/h2/status/resources/gone", "of another host");
        _agent.SetBirth();
        _agent.SetStatus("kept", "new");
        _agent.Start();
        await _agent.SettleAsync(_broker, "settled");

        await _journal.WaitForAsync($"broker PUBLISH {TestAgent.Status("gone")}= retained");
        await _journal.WaitForAsync("broker PUBLISH vfagent/v1/hosts/h1/json/status/resources/gone= retained");
        await _journal.WaitForAsync("broker UNSUBSCRIBE vfagent/v1/hosts/h1/status/#");
        await _journal.WaitForAsync("broker UNSUBSCRIBE vfagent/v1/hosts/h1/json/status/#");
        Assert.Equal(
            [
                $"{TestAgent.Config("a")}=1",
                "vfagent/v1/hosts/h1/status/agent=ONLINE",
                $"{TestAgent.Status("kept")}=new",
                $"{TestAgent.Status("probe")}=1",
                "vfagent/v1/hosts/h2/status/resources/gone=of another host",
            ],
            await _broker.RetainedAsync());
        Assert.Empty(_journal.StartingWith("handle vfagent/v1/hosts/h1/status"));
    }

    [Fact]
    public async Task A_subscription_that_is_not_authorised_is_asked_for_again()
    {
        _broker.OnSubscribe = subscription => subscription.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
        _agent.Start();
        await _journal.WaitForAsync("log SubscriptionRefused");
        _broker.OnSubscribe = _ => { };
        await _broker.PublishAsync(TestAgent.Config("a"), "1");
        await _agent.PassAsync(60);

        await _journal.WaitForAsync($"handle {TestAgent.Config("a")}=1 retained");
    }

    [Fact]
    public async Task Without_the_right_to_read_its_own_status_the_agent_works_but_for_the_sweep()
    {
        _broker.OnSubscribe = subscription =>
        {
            if (subscription.TopicFilter.Topic.Contains("/status/", StringComparison.Ordinal))
                subscription.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
        };
        _agent.Start();

        await _agent.SettleAsync(_broker, "settled");
        Assert.Equal(2, _journal.Count("log SweepRefused"));
    }

    private async Task SubscribedAsync() => await _journal.WaitForAsync("timer 2");
}
