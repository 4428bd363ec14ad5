using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>
/// What the broker knows of one client, over its connections: its subscriptions, what was sent and is not confirmed, and what waits. A message
/// may have to wait for a time; those of its own topic then wait behind it, others overtake it.
/// </summary>
internal sealed class BrokerSession(string clientId, SimulatedBroker broker, TimeProvider time)
{
    private readonly List<Waiting> _queue = [];
    private readonly List<InFlight> _inFlight = [];
    private ITimer? _wake;
    private ushort _lastIdentifier;
    private int _connections;

    public string ClientId => clientId;

    public SortedDictionary<string, BrokerSubscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>null while the client is away.</summary>
    public BrokerConnection? Connection { get; private set; }

    /// <summary>When the client went.</summary>
    public long AwaySince { get; private set; }

    /// <summary>How long the session lasts without a connection.</summary>
    public TimeSpan Expiry { get; set; }

    public int Queued => _queue.Count;

    /// <summary>What was sent and is not confirmed comes first, once more.</summary>
    public void Attach(BrokerConnection connection)
    {
        Connection = connection;
        _connections++;
        foreach (InFlight sent in _inFlight)
            connection.Deliver(sent.Message, sent.Identifier, sent.Retain, sent.Subscription, again: true);

        Flush();
    }

    public void Detach()
    {
        Connection = null;
        AwaySince = time.GetTimestamp();
        _wake?.Dispose();
        _wake = null;
        // QoS 0 waits for nobody, and a replay that is read late is sent to those who asked for it.
        _queue.RemoveAll(waiting => waiting.Qos == MqttQualityOfServiceLevel.AtMostOnce || waiting.IsLateReplay);
    }

    /// <param name="message">What comes.</param>
    /// <param name="qos">As this subscription gets it.</param>
    /// <param name="retain">The same.</param>
    /// <param name="subscription">Its identifier.</param>
    /// <param name="wait">How long the message is held back.</param>
    /// <param name="isReplay">Whether it comes because it was retained.</param>
    /// <param name="isLate">Whether changes of its topic may overtake a replay.</param>
    public void Add(
        BrokerMessage message, MqttQualityOfServiceLevel qos, bool retain, uint subscription, TimeSpan wait, bool isReplay = false, bool isLate = false)
    {
        if (qos == MqttQualityOfServiceLevel.AtMostOnce && Connection is null)
            return;

        _queue.Add(new Waiting(message, qos, retain, subscription, time.GetTimestamp(), wait, isReplay ? _connections : null, isLate));
        Flush();
        if (_queue.Count <= broker.Limits.QueuedMessages)
            return;

        _queue.RemoveAt(_queue.Count - 1);
        broker.Tell(new BrokerEvent(BrokerEventKind.Dropped, clientId, message, "the queue is full"));
    }

    public void Acknowledge(ushort identifier)
    {
        int index = _inFlight.FindIndex(sent => sent.Identifier == identifier);
        if (index < 0)
            return;

        bool isOldReplay = _inFlight[index].ReplayedAt < _connections;
        BrokerEventKind kind = isOldReplay ? BrokerEventKind.OldReplayAcknowledged : BrokerEventKind.Acknowledged;
        broker.Tell(new BrokerEvent(kind, clientId, _inFlight[index].Message));
        _inFlight.RemoveAt(index);
        Flush();
    }

    private void Flush()
    {
        TimeSpan? next = null;
        HashSet<(string Topic, bool IsLateReplay)> held = [];
        for (int i = 0; i < _queue.Count && Connection is { IsOpen: true } connection; i++)
        {
            Waiting waiting = _queue[i];
            TimeSpan left = waiting.Wait - time.GetElapsedTime(waiting.Since);
            bool isConfirmed = waiting.Qos != MqttQualityOfServiceLevel.AtMostOnce;
            if (held.Contains((waiting.Message.Topic, waiting.IsLateReplay)))
                continue;

            if (left > TimeSpan.Zero || (isConfirmed && _inFlight.Count >= connection.Window))
            {
                if (left > TimeSpan.Zero)
                    next = next < left ? next : left;

                held.Add((waiting.Message.Topic, waiting.IsLateReplay));
                continue;
            }

            _queue.RemoveAt(i--);
            Send(connection, waiting, isConfirmed);
        }

        if (next is { } first)
        {
            _wake ??= time.CreateTimer(_ => Flush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _wake.Change(first, Timeout.InfiniteTimeSpan);
        }
    }

    private void Send(BrokerConnection connection, Waiting waiting, bool isConfirmed)
    {
        if (waiting.Message.Size > connection.MaximumPacketSize)
        {
            broker.Tell(new BrokerEvent(BrokerEventKind.Dropped, clientId, waiting.Message, "larger than the client takes"));
            return;
        }

        ushort identifier = isConfirmed ? NextIdentifier() : (ushort)0;
        if (!waiting.IsLateReplay)
            Overtake(waiting.Message.Topic);
        if (isConfirmed)
            _inFlight.Add(new InFlight(waiting.Message, waiting.Retain, waiting.Subscription, identifier, waiting.ReplayedAt));

        connection.Deliver(waiting.Message, identifier, waiting.Retain, waiting.Subscription, again: false);
    }

    // A client that takes a change, good or bad, has no use for what was retained before it: no more than for a replay of an earlier connection.
    private void Overtake(string topic)
    {
        for (int i = 0; i < _queue.Count; i++)
        {
            if (_queue[i].IsLateReplay && _queue[i].Message.Topic == topic)
                _queue[i] = _queue[i] with { ReplayedAt = 0 };
        }
    }

    private ushort NextIdentifier()
    {
        do
            _lastIdentifier = (ushort)(_lastIdentifier % ushort.MaxValue + 1);
        while (_inFlight.Exists(sent => sent.Identifier == _lastIdentifier));

        return _lastIdentifier;
    }

    private sealed record Waiting(
        BrokerMessage Message, MqttQualityOfServiceLevel Qos, bool Retain, uint Subscription, long Since, TimeSpan Wait, int? ReplayedAt,
        bool IsLateReplay);

    private sealed record InFlight(BrokerMessage Message, bool Retain, uint Subscription, ushort Identifier, int? ReplayedAt);
}

/// <param name="Filter">What it is for, and how.</param>
/// <param name="Identifier">What its messages carry; 0 for nothing.</param>
internal sealed record BrokerSubscription(MqttTopicFilter Filter, uint Identifier);
