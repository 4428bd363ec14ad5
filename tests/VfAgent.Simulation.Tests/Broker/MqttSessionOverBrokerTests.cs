using System.Text;
using MQTTnet.Protocol;
using VfAgent.Mqtt;
using static VfAgent.Simulation.Tests.Broker.TestSession;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>The agent's own MQTT session over the simulated broker, every turn of it on one thread.</summary>
public sealed class MqttSessionOverBrokerTests : IDisposable
{
    private readonly Loop _loop = new();
    private readonly List<BrokerEvent> _events = [];
    private readonly SimulatedBroker _broker;
    private readonly TestSession _agent;

    public MqttSessionOverBrokerTests()
    {
        _broker = new SimulatedBroker(_loop.Time, new Random(1)) { Observe = Note };
        _agent = new TestSession(_loop, _broker);
    }

    public void Dispose()
    {
        _agent.Dispose();
        _loop.Dispose();
    }

    [Fact]
    public void The_birth_comes_first_and_then_the_status()
    {
        _agent.SetStatus("b", "1");
        _agent.Start();
        _agent.UntilSettled();

        Assert.Equal([BirthTopic, TestSession.Status("b")], Topics(BrokerEventKind.Accepted));
        Assert.Equal("ONLINE", _broker.Retained[BirthTopic].Text);
        Assert.Equal(OutboundMessage.Protobuf, _broker.Retained[BirthTopic].ContentType);
    }

    [Fact]
    public void Retained_config_is_replayed_acknowledged_and_settles_two_seconds_later()
    {
        Publish("a", "1");
        Publish("b", "2");
        _agent.Start();
        _agent.UntilSettled();

        Assert.Equal(["a=1 retained", "b=2 retained", "settled"], _agent.Seen);
        Assert.Equal([Config("a"), Config("b")], Topics(BrokerEventKind.Acknowledged));
    }

    [Fact]
    public void What_an_earlier_run_left_is_cleared()
    {
        _broker.Publish(TestSession.Status("gone"), "old"u8.ToArray());
        _agent.Start();
        _agent.UntilSettled();
        _loop.Run(1);

        Assert.Equal([BirthTopic], _broker.Retained.Keys);
    }

    [Fact]
    public void What_nobody_stands_behind_is_cleared_at_a_later_connect_too()
    {
        _agent.Start();
        _agent.UntilSettled();
        _broker.Cut(ClientId);
        _loop.Until(() => !_broker.IsConnected(ClientId));
        _broker.Publish(TestSession.Status("gone"), "old"u8.ToArray());
        _agent.UntilConnected();
        _loop.Until(() => !_broker.Retained.ContainsKey(TestSession.Status("gone")));

        Assert.Equal([BirthTopic], _broker.Retained.Keys);
    }

    [Fact]
    public void No_more_is_published_at_once_than_the_broker_takes()
    {
        _broker.Limits = new BrokerLimits { InFlightMessages = 3 };
        for (int i = 0; i < 40; i++)
            _agent.SetStatus($"s{i:00}", "1");
        _agent.Start();
        _loop.Run(1);

        Assert.Equal(41, _broker.Retained.Count);
        Assert.DoesNotContain(_events, what => what.Kind == BrokerEventKind.Violation);
    }

    [Fact]
    public void After_a_broken_connection_it_is_back_with_its_session_and_gets_what_came_meanwhile()
    {
        _agent.Start();
        _agent.UntilSettled();
        _loop.Run(1);
        _broker.Cut(ClientId);
        _loop.Until(() => !_broker.IsConnected(ClientId));
        Assert.Equal("OFFLINE", _broker.Retained[BirthTopic].Text);
        Publish("a", "1", retain: false);
        _agent.UntilConnected();
        _loop.Run(1);

        Assert.Equal(["settled", "a=1"], _agent.Seen);
        Assert.Equal("ONLINE", _broker.Retained[BirthTopic].Text);
        Assert.Equal(["a new session", "the session was kept"], Of(BrokerEventKind.Connected).Select(what => what.Detail));
    }

    [Fact]
    public void A_pulled_cable_is_noticed_by_the_ping_that_is_not_answered()
    {
        _agent.Start();
        _agent.UntilSettled();
        _broker.Mute(ClientId);
        _loop.Until(() => Of(BrokerEventKind.Connected).Count() == 2);

        Assert.Contains(Of(BrokerEventKind.Disconnected), what => what.Detail is "KeepAliveTimeout" or "SessionTakenOver");
        _loop.Run(1);
        Assert.Equal("ONLINE", _broker.Retained[BirthTopic].Text);
    }

    [Fact]
    public void A_broker_that_does_not_answer_pings_is_left_and_tried_again()
    {
        _agent.Start();
        _agent.UntilSettled();
        _broker.Faults.AnswersPings = false;
        _loop.Until(() => Of(BrokerEventKind.Connected).Count() == 2);
        _broker.Faults.Clear();
        _loop.Run(300);

        Assert.Equal(2, Of(BrokerEventKind.Connected).Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_broker_that_was_gone_for_minutes_is_found_again(bool refuses)
    {
        _agent.SetStatus("a", "1");
        _agent.Start();
        _agent.UntilSettled();
        _broker.Faults.RefusesWhileGone = refuses;
        _broker.Kill();
        _loop.Run(300);
        Assert.Equal("ONLINE", _broker.Retained[BirthTopic].Text);
        _broker.Start(empty: true);
        _loop.Run(120);

        Assert.Equal([TestSession.Status("a"), BirthTopic], _broker.Retained.Keys);
        Assert.Equal(2, _agent.Count("settled"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_publish_that_breaks_the_connection_is_published_again(bool accepted)
    {
        _agent.Start();
        _agent.UntilSettled();
        (_broker.Faults.CutsAfterAccept, _broker.Faults.CutsBeforeAccept) = accepted ? (1, 0) : (0, 1);
        _agent.SetStatus("a", "1");
        _loop.Until(() => !_broker.IsConnected(ClientId));
        Assert.Equal(accepted, _broker.Retained.ContainsKey(TestSession.Status("a")));
        _broker.Faults.Clear();
        _loop.Run(90);

        Assert.Equal("1", _broker.Retained[TestSession.Status("a")].Text);
    }

    [Fact]
    public void It_stops_for_good_when_told_that_another_has_its_session()
    {
        _agent.Start();
        _agent.UntilSettled();
        _broker.TakeOver(ClientId);
        _loop.Until(() => _agent.End is not null);

        Assert.True(_agent.End!.TakenOver);
    }

    [Fact]
    public void Of_two_agents_that_a_silent_broker_throws_out_the_later_stays()
    {
        _broker.Faults.SaysWhyItCloses = false;
        _agent.Start();
        _agent.UntilSettled();
        using TestSession later = new(_loop, _broker);
        later.Start();
        _loop.Until(() => _agent.End is not null);

        Assert.True(_agent.End!.TakenOver);
        _loop.Run(120);
        Assert.Null(later.End);
        Assert.Equal("ONLINE", _broker.Retained[BirthTopic].Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replay_that_comes_after_a_change_does_not_undo_it(bool brokerHasIdentifiers)
    {
        _broker.Limits = new BrokerLimits { SubscriptionIdentifiers = brokerHasIdentifiers };
        Publish("a", "old");
        _broker.Faults.LateReplays = 1;
        _agent.Start();
        _loop.Until(() => Of(BrokerEventKind.Subscribed).Any());
        Publish("a", "new");
        _agent.UntilSettled();
        _loop.Run(2);

        Assert.Equal(["new", "old"], Of(BrokerEventKind.Delivered).Where(what => what.Message!.Topic == Config("a")).Select(what => what.Message!.Text));
        Assert.Equal(["a=new retained", "settled"], _agent.Seen);
    }

    [Fact]
    public void Every_message_that_is_acknowledged_was_handled_or_is_older_than_one_that_was()
    {
        Publish("a", "1");
        _agent.Start();
        _loop.Until(() => Of(BrokerEventKind.Acknowledged).Any());
        Publish("a", "2");
        _loop.Until(() => Of(BrokerEventKind.Acknowledged).Count() == 2);

        Assert.Equal(["a=1 retained", "a=2 retained"], _agent.Seen);
    }

    [Fact]
    public void A_replay_wins_over_what_waited_for_the_agent_while_it_was_away()
    {
        _agent.Start();
        _agent.UntilSettled();
        _loop.Run(1);
        _broker.Limits = new BrokerLimits { QueuedMessages = 1 };
        _broker.Cut(ClientId);
        _loop.Until(() => !_broker.IsConnected(ClientId));
        Publish("a", "1");
        Publish("a", "2");
        _agent.UntilSettled(times: 2);

        Assert.Equal(["settled", "a=1 retained", "a=2 retained", "settled"], _agent.Seen);
    }

    [Fact]
    public void A_message_whose_handler_throws_comes_again_over_the_next_connection()
    {
        bool broken = true;
        _agent.Handle = _ => broken ? throw new IOException("disk full") : Task.CompletedTask;
        _agent.Start();
        _agent.UntilSettled();
        _loop.Run(1);
        Publish("a", "1", retain: false);
        _loop.Run(1);
        Assert.Empty(Of(BrokerEventKind.Acknowledged));
        broken = false;
        _broker.Disconnect(ClientId, MqttDisconnectReasonCode.ServerBusy);
        _loop.Run(90);

        Assert.Equal(["settled", "a=1", "a=1"], _agent.Seen.Take(3));
        Assert.Equal([Config("a")], Topics(BrokerEventKind.Acknowledged));
    }

    [Fact]
    public void A_clean_stop_leaves_the_farewell_and_the_session()
    {
        _agent.Start();
        _agent.UntilSettled();
        _agent.Stop();
        _loop.Run(1);
        Publish("a", "1");

        Assert.False(_agent.End!.Failed);
        Assert.Equal("OFFLINE", _broker.Retained[BirthTopic].Text);
        Assert.Empty(Of(BrokerEventKind.WillAccepted));
        Assert.Equal(1, _broker.Queued(ClientId));
    }

    private void Publish(string name, string text, bool retain = true) => _broker.Publish(Config(name), Encoding.UTF8.GetBytes(text), retain);

    private IEnumerable<BrokerEvent> Of(BrokerEventKind kind) => _events.Where(what => what.Kind == kind && what.ClientId == ClientId);

    private IEnumerable<string> Topics(BrokerEventKind kind) => Of(kind).Select(what => what.Message!.Topic);

    private void Note(BrokerEvent what)
    {
        _loop.Check();
        _events.Add(what);
    }
}
