using System.Text;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>What the broker does with a client of its own making.</summary>
public sealed class SimulatedBrokerTests : IDisposable
{
    private readonly Loop _loop = new();
    private readonly List<string> _got = [];
    private readonly List<MqttApplicationMessageReceivedEventArgs> _unconfirmed = [];
    private SimulatedBroker _broker;

    public SimulatedBrokerTests() => _broker = new SimulatedBroker(_loop.Time, new Random(1));

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void A_session_is_kept_until_it_expires()
    {
        Leave(Connect(expiry: 60));
        _loop.Run(50);
        Leave(Connect(expiry: 60, isPresent: true));
        _loop.Run(70);

        Connect(expiry: 60, isPresent: false);
    }

    [Fact]
    public void A_retained_message_is_replaced_and_an_empty_one_deletes_it()
    {
        Publish("a", "1");
        Publish("a", "2");
        Publish("b", "1", retain: false);
        Assert.Equal("2", Assert.Single(_broker.Retained).Value.Text);

        Publish("a", "");
        Assert.Empty(_broker.Retained);
    }

    [Theory]
    [InlineData(MqttRetainHandling.SendAtSubscribe, 2)]
    [InlineData(MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly, 1)]
    [InlineData(MqttRetainHandling.DoNotSendOnSubscribe, 0)]
    public void Retain_Handling_says_when_what_is_retained_is_sent(MqttRetainHandling handling, int times)
    {
        Publish("a", "1");
        IMqttClient client = Connect();
        Subscribe(client, "#", filter => filter.RetainHandling = handling);
        Subscribe(client, "#", filter => filter.RetainHandling = handling);

        Assert.Equal(Enumerable.Repeat("a=1 retained", times), _got);
    }

    [Theory]
    [InlineData(true, "a=1 retained")]
    [InlineData(false, "a=1")]
    public void Retain_As_Published_keeps_the_publishers_flag(bool asPublished, string expected)
    {
        Subscribe(Connect(), "a", filter => filter.RetainAsPublished = asPublished);
        Publish("a", "1");
        _loop.Run(1);

        Assert.Equal([expected], _got);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void No_Local_keeps_a_clients_own_messages_from_it(bool noLocal, int times)
    {
        IMqttClient client = Connect();
        Subscribe(client, "a", filter => filter.NoLocal = noLocal);
        Answer(client.PublishAsync(Message("a"), CancellationToken.None));
        _loop.Run(1);

        Assert.Equal(times, _got.Count);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void A_message_that_matches_two_subscriptions_comes_twice_or_once(bool copies, int times)
    {
        _broker.Limits = _broker.Limits with { CopyPerSubscription = copies };
        IMqttClient client = Connect();
        Subscribe(client, "a/#");
        Subscribe(client, "a/+");
        Publish("a/b", "1");
        _loop.Run(1);

        Assert.Equal(times, _got.Count);
    }

    [Fact]
    public void No_more_is_in_flight_than_the_client_takes_and_a_confirmation_makes_room()
    {
        Subscribe(Connect(receiveMaximum: 2, confirms: false), "#");
        for (int i = 1; i <= 4; i++)
            Publish("a", $"{i}");
        _loop.Run(1);
        Assert.Equal(["a=1", "a=2"], _got);

        Answer(_unconfirmed[0].AcknowledgeAsync(CancellationToken.None));
        _loop.Run(1);
        Assert.Equal(["a=1", "a=2", "a=3"], _got);
    }

    [Fact]
    public void What_was_not_confirmed_comes_first_and_again_when_the_client_is_back()
    {
        IMqttClient client = Connect(receiveMaximum: 1, confirms: false);
        Subscribe(client, "#");
        Publish("a", "1");
        Publish("a", "2");
        _loop.Run(1);
        Leave(client);
        Connect(isPresent: true);
        _loop.Run(1);

        Assert.Equal(["a=1", "a=1 again", "a=2"], _got);
    }

    [Fact]
    public void Past_the_queues_limit_messages_are_dropped_and_nobody_is_told()
    {
        _broker.Limits = _broker.Limits with { QueuedMessages = 2 };
        IMqttClient client = Connect();
        Subscribe(client, "#");
        Leave(client);
        for (int i = 1; i <= 4; i++)
            Publish("a", $"{i}", retain: false);
        Connect(isPresent: true);
        _loop.Run(1);

        Assert.Equal(["a=1", "a=2"], _got);
    }

    [Fact]
    public void QoS_0_does_not_wait_for_a_client_that_is_away()
    {
        IMqttClient client = Connect();
        Subscribe(client, "#", filter => filter.QualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce);
        Publish("a", "1");
        _loop.Run(1);
        Leave(client);
        Publish("a", "2");
        Connect(isPresent: true);
        _loop.Run(1);

        Assert.Equal(["a=1"], _got);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_will_is_published_unless_the_client_has_said_goodbye(bool says)
    {
        IMqttClient client = Connect();
        if (says)
            Leave(client);
        else
            client.Dispose();
        _loop.Run(1);

        Assert.Equal(!says, _broker.Retained.ContainsKey("will"));
    }

    [Fact]
    public void A_client_that_is_silent_for_one_and_a_half_keep_alives_is_thrown_out()
    {
        Connect();
        _loop.Run(44);
        Assert.True(_broker.IsConnected("c"));
        _loop.Run(2);

        Assert.False(_broker.IsConnected("c"));
        Assert.True(_broker.Retained.ContainsKey("will"));
    }

    [Fact]
    public void Whoever_takes_a_session_over_throws_the_other_out_which_is_told_why()
    {
        Wire wire = new();
        Connect(wire: wire);
        Connect(isPresent: true);
        _loop.Run(1);

        Assert.Equal(MqttDisconnectReasonCode.SessionTakenOver, wire.Disconnect?.ReasonCode);
        Assert.True(wire.Closed.IsCompleted);
        Assert.True(_broker.IsConnected("c"));
    }

    [Fact]
    public void Reordering_changes_the_order_across_topics_and_never_within_one()
    {
        _broker.Faults.Reorders = 0.5;
        Subscribe(Connect(), "#");
        string[] sent = [.. Enumerable.Range(0, 60).Select(i => $"{"abc"[i % 3]}={i:00}")];
        foreach (string message in sent)
            Publish(message[..1], message[2..]);
        _loop.Run(10);

        Assert.NotEqual(sent, _got);
        Assert.Equal(sent.OrderBy(message => message[0]), _got.OrderBy(message => message[0]));
    }

    [Fact]
    public void A_duplicated_message_comes_twice()
    {
        _broker.Faults.Duplicates = 1;
        Subscribe(Connect(), "#");
        Publish("a", "1");
        _loop.Run(1);

        Assert.Equal(["a=1", "a=1"], _got);
    }

    [Fact]
    public void Slow_packets_stay_in_order()
    {
        Subscribe(Connect(), "#");
        _broker.Faults.Latency = (1, 500);
        for (int i = 0; i < 15; i++)
            Publish("a", $"{i:00}");
        _loop.Run(20);

        Assert.Equal(Enumerable.Range(0, 15).Select(i => $"a={i:00}"), _got);
    }

    [Fact]
    public void A_cut_loses_what_is_on_the_way_and_both_ends_see_it()
    {
        Wire wire = new();
        IMqttClient client = Connect(wire: wire);
        Task<MqttClientPublishResult> publish = client.PublishAsync(Message("a"), CancellationToken.None);
        _broker.Cut("c");
        _loop.Run(1);

        Assert.True(publish.IsFaulted);
        Assert.True(wire.Closed.IsCompleted);
        Assert.Null(wire.Disconnect);
        Assert.False(_broker.IsConnected("c"));
        Assert.DoesNotContain("a", _broker.Retained.Keys);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_restart_keeps_everything_or_nothing(bool empty, bool kept)
    {
        IMqttClient client = Connect();
        Subscribe(client, "#");
        Publish("a", "1");
        _broker.Kill();
        _loop.Run(1);
        Assert.False(Publish("a", "2"));
        Assert.False(client.IsConnected);
        Assert.True(Dial(new Wire()).IsFaulted);
        _broker.Start(empty);

        Connect(isPresent: kept);
        Assert.Equal(kept, _broker.Retained.ContainsKey("a"));
    }

    [Fact]
    public void A_broker_that_stops_in_good_order_says_so_and_keeps_the_wills()
    {
        Wire wire = new();
        Connect(wire: wire);
        _broker.Stop();
        _loop.Run(1);

        Assert.Equal(MqttDisconnectReasonCode.ServerShuttingDown, wire.Disconnect?.ReasonCode);
        Assert.True(_broker.Retained.ContainsKey("will"));
    }

    [Fact]
    public void Everything_is_the_same_for_the_same_seed()
    {
        Assert.Equal(Story(7), Story(7));
        Assert.NotEqual(Story(7), Story(8));
    }

    private string Story(int seed)
    {
        StringBuilder story = new();
        long begun = _loop.Time.GetTimestamp();
        _broker = new SimulatedBroker(_loop.Time, new Random(seed));
        _broker.Observe = what => story.AppendLine($"{_loop.Time.GetElapsedTime(begun)} {what.Kind} {what.ClientId} {what.Message?.Topic} {what.Detail}");
        (_broker.Faults.Reorders, _broker.Faults.Duplicates, _broker.Faults.Latency) = (0.3, 0.3, (1, 50));
        IMqttClient client = Connect();
        Subscribe(client, "#");
        for (int i = 0; i < 20; i++)
            Publish($"{i % 4}", $"{i}");
        _loop.Run(5);
        Leave(client);
        return story.ToString();
    }

    private bool Publish(string topic, string text, bool retain = true) => _broker.Publish(topic, Encoding.UTF8.GetBytes(text), retain);

    private static MqttApplicationMessage Message(string topic) => new()
    {
        Topic = topic,
        PayloadSegment = "1"u8.ToArray(),
        QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        Retain = true,
    };

    private IMqttClient Connect(uint expiry = 3600, ushort receiveMaximum = 16, bool confirms = true, bool? isPresent = null, Wire? wire = null)
    {
        IMqttClient client = _broker.NewClient(wire ?? new Wire());
        client.ApplicationMessageReceivedAsync += received =>
        {
            MqttApplicationMessage message = received.ApplicationMessage;
            _got.Add($"{message.Topic}={Encoding.UTF8.GetString(message.Payload.FirstSpan)}{(message.Retain ? " retained" : "")}{(message.Dup ? " again" : "")}");
            received.AutoAcknowledge = confirms;
            if (!confirms)
                _unconfirmed.Add(received);

            return Task.CompletedTask;
        };
        MqttClientOptions options = Options(expiry, receiveMaximum);
        MqttClientConnectResult connack = Answer(client.ConnectAsync(options, CancellationToken.None));
        Assert.Equal(MqttClientConnectResultCode.Success, connack.ResultCode);
        Assert.Equal(isPresent ?? connack.IsSessionPresent, connack.IsSessionPresent);
        return client;
    }

    private Task<MqttClientConnectResult> Dial(Wire wire)
    {
        Task<MqttClientConnectResult> connecting = _broker.NewClient(wire).ConnectAsync(Options(3600, 16), CancellationToken.None);
        _loop.Run(1);
        return connecting;
    }

    private static MqttClientOptions Options(uint expiry, ushort receiveMaximum) => new()
    {
        ClientId = "c",
        CleanSession = false,
        SessionExpiryInterval = expiry,
        ReceiveMaximum = receiveMaximum,
        KeepAlivePeriod = TimeSpan.FromSeconds(30),
        WillTopic = "will",
        WillPayload = "gone"u8.ToArray(),
        WillRetain = true,
    };

    private void Subscribe(IMqttClient client, string topic, Action<MqttTopicFilter>? configure = null)
    {
        MqttTopicFilter filter = new() { Topic = topic, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce };
        configure?.Invoke(filter);
        Answer(client.SubscribeAsync(new MqttClientSubscribeOptions { TopicFilters = [filter] }, CancellationToken.None));
        _loop.Run(0.1);
    }

    private void Leave(IMqttClient client)
    {
        Answer(client.DisconnectAsync(new MqttClientDisconnectOptions(), CancellationToken.None));
        _loop.Run(0.5);
    }

    private void Answer(Task task) => _loop.Until(() => task.IsCompleted);

    private T Answer<T>(Task<T> task)
    {
        Answer((Task)task);
        return task.Result;
    }
}
