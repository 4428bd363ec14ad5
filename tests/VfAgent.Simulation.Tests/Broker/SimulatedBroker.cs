using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>
/// An MQTT 5 broker in memory that does what mosquitto does, good and bad, with time from a clock and chance from a seed. Belongs to one
/// thread: no locks, no sockets, no pool.
/// </summary>
internal sealed class SimulatedBroker(TimeProvider time, Random random)
{
    private readonly SortedDictionary<string, BrokerMessage> _retained = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, BrokerSession> _sessions = new(StringComparer.Ordinal);
    private readonly List<BrokerConnection> _connections = [];

    /// <summary>What goes wrong.</summary>
    public BrokerFaults Faults { get; } = new();

    /// <summary>Holds from the next connect, but for the queue's length, which holds at once.</summary>
    public BrokerLimits Limits { get; set; } = new();

    /// <summary>Is told all that happens, when it happens.</summary>
    public Action<BrokerEvent> Observe { get; set; } = _ => { };

    /// <summary>What the broker has stored, by topic.</summary>
    public IReadOnlyDictionary<string, BrokerMessage> Retained => _retained;

    public bool IsUp { get; private set; } = true;

    /// <summary>A client of this broker, as MQTTnet's would be: for <see cref="MqttSession"/>.</summary>
    public IMqttClient NewClient(Wire wire) => new SimulatedClient(this, wire);

    /// <summary>Whether a client has a connection, as the broker sees it.</summary>
    public bool IsConnected(string clientId) => ConnectionOf(clientId) is not null;

    /// <summary>How many messages wait for a client, in flight ones not counted.</summary>
    public int Queued(string clientId) => _sessions.GetValueOrDefault(clientId)?.Queued ?? 0;

    /// <summary>Publishes as a controller would that is connected all the time; an empty payload with <paramref name="retain"/> deletes.</summary>
    /// <returns>false when there is no broker.</returns>
    public bool Publish(string topic, ReadOnlyMemory<byte> payload, bool retain = true, string? contentType = null)
    {
        if (IsUp)
            Accept(new BrokerMessage(topic, payload, contentType, retain), BrokerEventKind.Accepted, "controller");

        return IsUp;
    }

    /// <summary>Ends in good order: wills are published, clients are told, and all is stored.</summary>
    public void Stop()
    {
        foreach (BrokerConnection connection in _connections.ToArray())
            connection.Close(MqttDisconnectReasonCode.ServerShuttingDown);

        IsUp = false;
    }

    /// <summary>Ends at once: no will, no word. What it had stored is there when it comes back.</summary>
    public void Kill()
    {
        IsUp = false;
        foreach (BrokerConnection connection in _connections.ToArray())
            connection.Kill();
    }

    /// <summary>Comes back.</summary>
    /// <param name="empty">Without its sessions and retained messages.</param>
    public void Start(bool empty = false)
    {
        if (empty)
        {
            _retained.Clear();
            _sessions.Clear();
        }

        IsUp = true;
    }

    /// <summary>A client's connection breaks.</summary>
    public void Cut(string clientId) => ConnectionOf(clientId)?.Cut();

    /// <summary>Nothing passes over a client's connection any more, and neither end is told.</summary>
    public void Mute(string clientId) => ConnectionOf(clientId)?.Mute();

    /// <summary>Throws a client out, whose will is published.</summary>
    public void Disconnect(string clientId, MqttDisconnectReasonCode reason) => ConnectionOf(clientId)?.Close(reason);

    /// <summary>Another client connects with this id; it stays until its session is taken back or <see cref="Disconnect"/> ends it.</summary>
    public void TakeOver(string clientId)
    {
        Link link = Call();
        link.ToBroker.Send(new MqttConnectPacket { ClientId = clientId, SessionExpiryInterval = uint.MaxValue, ReceiveMaximum = ushort.MaxValue });
    }

    public void Tell(BrokerEvent what) => Observe(what);

    /// <summary>Decides from the seed; asks it nothing where there is nothing to decide.</summary>
    public bool Chance(double chance) => chance > 0 && random.NextDouble() < chance;

    /// <summary>A connection from a client, after the way there and back.</summary>
    /// <exception cref="MqttCommunicationException">There is nobody.</exception>
    public async Task<Link> CallAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Latency(), time, cancellationToken);
        if (Faults.IsOutOfReach || (!IsUp && !Faults.RefusesWhileGone))
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);

        return IsUp ? Call() : throw new MqttCommunicationException(new SocketException((int)SocketError.ConnectionRefused));
    }

    /// <summary>Stores a message, if retained, and passes it on.</summary>
    /// <returns>Whether anybody subscribes to it.</returns>
    public bool Accept(BrokerMessage message, BrokerEventKind kind, string from)
    {
        if (message.Retain && message.Payload.IsEmpty)
            _retained.Remove(message.Topic);
        else if (message.Retain)
            _retained[message.Topic] = message;

        Tell(new BrokerEvent(kind, from, message));
        bool isHeard = false;
        foreach (BrokerSession session in _sessions.Values)
        {
            BrokerSubscription[] matching =
            [
                .. session.Subscriptions.Values.Where(s => Matches(message, s.Filter.Topic) && !(s.Filter.NoLocal && session.ClientId == from)),
            ];
            isHeard |= matching.Length > 0;
            if (matching.Length > 1 && !Limits.CopyPerSubscription)
                matching = [matching.MaxBy(subscription => subscription.Filter.QualityOfServiceLevel)!];
            foreach (BrokerSubscription subscription in matching)
                PassOn(session, message, subscription);
        }

        return isHeard;
    }

    /// <summary>Sends what is retained because of a subscription (MQTT 5 §3.8.3.1).</summary>
    public void Replay(BrokerSession session, BrokerSubscription subscription, bool isNew)
    {
        MqttTopicFilter filter = subscription.Filter;
        bool isDue = filter.RetainHandling == MqttRetainHandling.SendAtSubscribe
            || (filter.RetainHandling == MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly && isNew);
        if (!isDue)
            return;

        bool isLate = Chance(Faults.LateReplays);
        TimeSpan wait = isLate ? Wait() : TimeSpan.Zero;
        foreach (BrokerMessage message in _retained.Values.Where(message => Matches(message, filter.Topic)).ToArray())
            session.Add(message, Least(message.Qos, filter.QualityOfServiceLevel), retain: true, subscription.Identifier, wait, isReplay: true, isLate);
    }

    /// <summary>The session of a client that connects; whoever has it is thrown out.</summary>
    public BrokerSession SessionFor(MqttConnectPacket connect, out bool isPresent)
    {
        _sessions.GetValueOrDefault(connect.ClientId)?.Connection?.Close(MqttDisconnectReasonCode.SessionTakenOver);
        BrokerSession? session = _sessions.GetValueOrDefault(connect.ClientId);
        isPresent = session is not null && !connect.CleanSession && time.GetElapsedTime(session.AwaySince) <= session.Expiry;
        if (!isPresent)
            _sessions[connect.ClientId] = session = new BrokerSession(connect.ClientId, this, time);

        session!.Expiry = connect.SessionExpiryInterval == uint.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromSeconds(connect.SessionExpiryInterval);
        return session;
    }

    /// <summary>A connection has ended.</summary>
    public void Left(BrokerSession session, BrokerConnection connection)
    {
        _connections.Remove(connection);
        session.Detach();
        if (session.Expiry == TimeSpan.Zero)
            _sessions.Remove(session.ClientId);
    }

    private Link Call()
    {
        Link link = new(time, Latency);
        _connections.Add(new BrokerConnection(this, link, time));
        return link;
    }

    private void PassOn(BrokerSession session, BrokerMessage message, BrokerSubscription subscription)
    {
        MqttTopicFilter filter = subscription.Filter;
        TimeSpan wait = Chance(Faults.Reorders) ? Wait() : TimeSpan.Zero;
        int times = Chance(Faults.Duplicates) ? 2 : 1;
        for (int i = 0; i < times; i++)
        {
            bool retain = filter.RetainAsPublished && message.Retain;
            session.Add(message, Least(message.Qos, filter.QualityOfServiceLevel), retain, subscription.Identifier, wait);
        }
    }

    private BrokerConnection? ConnectionOf(string clientId) => _sessions.GetValueOrDefault(clientId)?.Connection;

    private TimeSpan Latency() => TimeSpan.FromMilliseconds(random.Next(Faults.Latency.Least, Faults.Latency.Most + 1));

    private TimeSpan Wait() => TimeSpan.FromMilliseconds(random.Next(1, (int)Faults.LongestWait.TotalMilliseconds + 1));

    private static bool Matches(BrokerMessage message, string filter) =>
        MqttTopicFilterComparer.Compare(message.Topic, filter) == MqttTopicFilterCompareResult.IsMatch;

    private static MqttQualityOfServiceLevel Least(MqttQualityOfServiceLevel one, MqttQualityOfServiceLevel other) => one < other ? one : other;
}
