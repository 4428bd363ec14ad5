using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>The broker's end of one connection, from CONNECT to its end.</summary>
internal sealed class BrokerConnection
{
    private readonly SimulatedBroker _broker;
    private readonly TimeProvider _time;
    private readonly Link _link;
    private BrokerSession? _session;
    private BrokerMessage? _will;
    private ITimer? _patience;
    private long _heard;

    public BrokerConnection(SimulatedBroker broker, Link link, TimeProvider time)
    {
        (_broker, _link, _time) = (broker, link, time);
        link.ToBroker.Arrived = OnArrived;
    }

    public bool IsOpen { get; private set; } = true;

    /// <summary>How many messages may be in flight to the client.</summary>
    public int Window { get; private set; }

    /// <summary>In bytes; what is larger does not go to this client.</summary>
    public long MaximumPacketSize { get; private set; }

    private string ClientId => _session?.ClientId ?? "";

    public void Deliver(BrokerMessage message, ushort identifier, bool retain, uint subscription, bool again)
    {
        _link.ToClient.Send(message.ToPacket(identifier, retain, subscription, again));
        if (_broker.Chance(_broker.Faults.CutsDeliveries))
            _link.Cut();
    }

    /// <summary>Both ends see the connection break.</summary>
    public void Cut() => _link.Cut();

    /// <summary>Neither end hears of the other again.</summary>
    public void Mute() => _link.Mute();

    /// <summary>Throws the client out; its will is published.</summary>
    public void Close(MqttDisconnectReasonCode reason)
    {
        if (_broker.Faults.SaysWhyItCloses)
            _link.ToClient.Send(new MqttDisconnectPacket { ReasonCode = reason });

        End(reason.ToString());
    }

    /// <summary>As if the broker's process were no more: no will.</summary>
    public void Kill()
    {
        _will = null;
        _link.Cut();
        End("the broker is gone");
    }

    private void OnArrived(MqttPacket? packet)
    {
        if (!IsOpen)
            return;

        _heard = _time.GetTimestamp();
        switch (packet)
        {
            case null:
                End("closed by the client");
                break;
            case MqttConnectPacket connect when _session is null:
                OnConnect(connect);
                break;
            case MqttDisconnectPacket disconnect:
                if (disconnect.ReasonCode == MqttDisconnectReasonCode.NormalDisconnection)
                    _will = null;
                End($"DISCONNECT {disconnect.ReasonCode}");
                break;
            case { } when _session is null:
                Violation($"{packet.GetType().Name} before CONNECT");
                break;
            case MqttPublishPacket publish:
                OnPublish(publish);
                break;
            case MqttPubAckPacket ack:
                _session.Acknowledge(ack.PacketIdentifier);
                break;
            case MqttSubscribePacket subscribe when _broker.Faults.AnswersSubscribes:
                OnSubscribe(subscribe, _session);
                break;
            case MqttUnsubscribePacket unsubscribe when _broker.Faults.AnswersSubscribes:
                OnUnsubscribe(unsubscribe, _session);
                break;
            case MqttPingReqPacket when _broker.Faults.AnswersPings:
                _link.ToClient.Send(MqttPingRespPacket.Instance);
                break;
        }
    }

    private void OnConnect(MqttConnectPacket connect)
    {
        BrokerLimits limits = _broker.Limits;
        MqttConnAckPacket connack = new()
        {
            ReasonCode = _broker.Faults.RefusesConnect ?? MqttConnectReasonCode.Success,
            RetainAvailable = true,
            WildcardSubscriptionAvailable = true,
            SharedSubscriptionAvailable = true,
            SubscriptionIdentifiersAvailable = limits.SubscriptionIdentifiers,
            MaximumQoS = MqttQualityOfServiceLevel.ExactlyOnce,
            ReceiveMaximum = limits.InFlightMessages,
            MaximumPacketSize = limits.MaximumPacketSize,
            ServerKeepAlive = limits.ServerKeepAlive,
        };
        if (connack.ReasonCode != MqttConnectReasonCode.Success)
        {
            _link.ToClient.Send(connack);
            End($"refused: {connack.ReasonCode}");
            return;
        }

        Window = connect.ReceiveMaximum == 0 ? limits.InFlightMessages : Math.Min(connect.ReceiveMaximum, limits.InFlightMessages);
        MaximumPacketSize = connect.MaximumPacketSize == 0 ? long.MaxValue : connect.MaximumPacketSize;
        _will = BrokerMessage.OfWill(connect);
        _session = _broker.SessionFor(connect, out bool isPresent);
        connack.IsSessionPresent = isPresent;
        _link.ToClient.Send(connack);
        _broker.Tell(new BrokerEvent(BrokerEventKind.Connected, ClientId, null, isPresent ? "the session was kept" : "a new session"));
        WatchOver(limits.ServerKeepAlive > 0 ? limits.ServerKeepAlive : connect.KeepAlivePeriod);
        _session.Attach(this);
    }

    private void OnPublish(MqttPublishPacket publish)
    {
        var message = BrokerMessage.Of(publish);
        if (message.Size > _broker.Limits.MaximumPacketSize)
        {
            Violation($"{message.Size} bytes on {message.Topic}");
            return;
        }

        if (_broker.Chance(_broker.Faults.CutsBeforeAccept))
        {
            _link.Cut();
            return;
        }

        MqttPubAckReasonCode? refused = _broker.Faults.RefusesPublish(message.Topic);
        bool isHeard = refused is null && _broker.Accept(message, BrokerEventKind.Accepted, ClientId);
        if (_broker.Chance(_broker.Faults.CutsAfterAccept))
            _link.Cut();
        else if (publish.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtLeastOnce)
            _link.ToClient.Send(new MqttPubAckPacket
            {
                PacketIdentifier = publish.PacketIdentifier,
                ReasonCode = refused ?? (isHeard ? MqttPubAckReasonCode.Success : MqttPubAckReasonCode.NoMatchingSubscribers),
            });
    }

    // What is retained may come before the SUBACK or after it (MQTT 5 §3.8.4).
    private void OnSubscribe(MqttSubscribePacket subscribe, BrokerSession session)
    {
        MqttSubAckPacket suback = new() { PacketIdentifier = subscribe.PacketIdentifier, ReasonCodes = [] };
        bool answersFirst = _broker.Chance(0.5);
        List<(BrokerSubscription Subscription, bool IsNew)> granted = [];
        foreach (MqttTopicFilter filter in subscribe.TopicFilters)
        {
            MqttSubscribeReasonCode? refused = _broker.Faults.RefusesSubscribe(filter.Topic);
            suback.ReasonCodes.Add(refused ?? (MqttSubscribeReasonCode)filter.QualityOfServiceLevel);
            if (refused is not null)
                continue;

            var subscription = new BrokerSubscription(filter, subscribe.SubscriptionIdentifier);
            granted.Add((subscription, !session.Subscriptions.ContainsKey(filter.Topic)));
            session.Subscriptions[filter.Topic] = subscription;
            _broker.Tell(new BrokerEvent(BrokerEventKind.Subscribed, ClientId, null, filter.Topic));
        }

        if (answersFirst)
            _link.ToClient.Send(suback);
        foreach ((BrokerSubscription subscription, bool isNew) in granted)
            _broker.Replay(session, subscription, isNew);
        if (!answersFirst)
            _link.ToClient.Send(suback);
    }

    private void OnUnsubscribe(MqttUnsubscribePacket unsubscribe, BrokerSession session) =>
        _link.ToClient.Send(new MqttUnsubAckPacket
        {
            PacketIdentifier = unsubscribe.PacketIdentifier,
            ReasonCodes =
            [
                .. unsubscribe.TopicFilters.Select(filter =>
                    session.Subscriptions.Remove(filter) ? MqttUnsubscribeReasonCode.Success : MqttUnsubscribeReasonCode.NoSubscriptionExisted),
            ],
        });

    // One and a half times the keep-alive without a packet is the end (MQTT 5 §3.1.2.10).
    private void WatchOver(ushort keepAliveSeconds)
    {
        if (keepAliveSeconds == 0)
            return;

        var longest = TimeSpan.FromSeconds(1.5 * keepAliveSeconds);
        _patience = _time.CreateTimer(
            _ =>
            {
                TimeSpan left = longest - _time.GetElapsedTime(_heard);
                if (left > TimeSpan.Zero)
                    _patience?.Change(left, Timeout.InfiniteTimeSpan);
                else
                    Close(MqttDisconnectReasonCode.KeepAliveTimeout);
            },
            null,
            longest,
            Timeout.InfiniteTimeSpan);
    }

    private void Violation(string what)
    {
        _broker.Tell(new BrokerEvent(BrokerEventKind.Violation, ClientId, null, what));
        Close(MqttDisconnectReasonCode.ProtocolError);
    }

    private void End(string why)
    {
        if (!IsOpen)
            return;

        IsOpen = false;
        _patience?.Dispose();
        _link.ToClient.Close();
        if (_session is null)
            return;

        _broker.Tell(new BrokerEvent(BrokerEventKind.Disconnected, ClientId, null, why));
        _broker.Left(_session, this);
        if (_will is not null)
            _broker.Accept(_will, BrokerEventKind.WillAccepted, ClientId);
    }
}
