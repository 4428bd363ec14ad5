using System.Net;
using System.Net.Sockets;
using System.Text;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace VfAgent.Tests.Mqtt;

/// <summary>A real broker on a free loopback port that writes down what it sees.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    // Below those that the kernel gives out (ip_local_port_range), so that nobody gets a broker's while it is down.
    private static int _lastPort = Random.Shared.Next(20_000, 30_000);

    private readonly Journal _journal;
    private readonly Action<MqttServerOptionsBuilder>? _configure;
    private MqttServer? _server;
    private volatile bool _stopping;
    private List<MqttApplicationMessage> _store = [];

    public TestBroker(Journal journal, Action<MqttServerOptionsBuilder>? configure = null)
    {
        (_journal, _configure) = (journal, configure);
        do
            Port = Interlocked.Increment(ref _lastPort);
        while (!IsFree(Port));
    }

    public int Port { get; }

    /// <summary>It is going down, or has.</summary>
    public bool IsStopped => _stopping;

    /// <summary>Changes the CONNACK on its way out.</summary>
    public Action<MqttConnAckPacket> OnConnAck { get; set; } = _ => { };

    /// <summary>Whether the broker gives its reason when it closes a connection.</summary>
    public bool SaysWhyItCloses { get; set; } = true;

    public Action<ValidatingConnectionEventArgs> OnConnect { get; set; } = _ => { };

    public Action<InterceptingPublishEventArgs> OnPublish { get; set; } = _ => { };

    public Action<InterceptingSubscriptionEventArgs> OnSubscribe { get; set; } = _ => { };

    public async Task StartAsync()
    {
        MqttServerOptionsBuilder options = new MqttServerOptionsBuilder().WithPersistentSessions().WithDefaultEndpoint()
            .WithDefaultEndpointBoundIPAddress(IPAddress.Loopback).WithDefaultEndpointBoundIPV6Address(IPAddress.None)
            .WithDefaultEndpointPort(Port);
        _configure?.Invoke(options);
        _server ??= Watch(new MqttServerFactory().CreateMqttServer(options.Build()));
        _stopping = false;
        await _server.StartAsync();
    }

    public async Task StopAsync()
    {
        // It goes on listening for a while after it has thrown everybody out, and would serve whoever comes back that quickly from its old store.
        _stopping = true;
        await _server!.StopAsync(new MqttServerStopOptions());
    }

    /// <summary>Comes back with none of its sessions and retained messages.</summary>
    public async Task StartEmptyAsync()
    {
        _store = [];
        _server!.Dispose();
        _server = null;
        await StartAsync();
        // The old one may have written down what it retained a moment after it was told to forget.
        await _server!.DeleteRetainedMessagesAsync();
    }

    public async Task PublishAsync(string topic, string text, bool retain = true) => await PublishAsync(topic, Encoding.UTF8.GetBytes(text), retain);

    public async Task PublishAsync(string topic, byte[] payload, bool retain = true) =>
        await _server!.InjectApplicationMessage(
            new InjectedMqttApplicationMessage(new MqttApplicationMessage
            {
                Topic = topic,
                PayloadSegment = payload,
                Retain = retain,
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            })
            { SenderClientId = "controller" },
            TestContext.Current.CancellationToken);

    /// <summary>Retained topics and their texts, in order.</summary>
    public async Task<IReadOnlyList<string>> RetainedAsync() =>
        [.. (await _server!.GetRetainedMessagesAsync()).Select(message => $"{message.Topic}={Text(message)}").Order(StringComparer.Ordinal)];

    public async Task<int> SessionsAsync() => (await _server!.GetSessionsAsync()).Count;

    public async Task DisconnectAsync(string clientId, MqttDisconnectReasonCode reason) =>
        await _server!.DisconnectClientAsync(clientId, new MqttServerClientDisconnectOptions { ReasonCode = reason });

    public async ValueTask DisposeAsync()
    {
        if (_server is { IsStarted: true })
            await StopAsync();

        _server?.Dispose();
    }

    private static bool IsFree(int port)
    {
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private MqttServer Watch(MqttServer server)
    {
        server.InterceptingOutboundPacketAsync += packet =>
        {
            if (packet.Packet is MqttConnAckPacket connAck)
                OnConnAck(connAck);
            else if (packet.Packet is MqttDisconnectPacket)
                packet.ProcessPacket = SaysWhyItCloses;

            return Task.CompletedTask;
        };
        server.InterceptingInboundPacketAsync += packet => Note(packet.Packet is MqttPingReqPacket ? "broker PINGREQ" : null);
        server.LoadingRetainedMessageAsync += loading =>
        {
            loading.LoadedRetainedMessages = _store;
            return Task.CompletedTask;
        };
        server.RetainedMessageChangedAsync += changed =>
        {
            _store = [.. changed.StoredRetainedMessages];
            return Task.CompletedTask;
        };
        server.ValidatingConnectionAsync += connection =>
        {
            if (_stopping || !ReferenceEquals(server, _server))
                connection.ReasonCode = MqttConnectReasonCode.ServerUnavailable;
            OnConnect(connection);
            return Note($"broker CONNECT {connection.ClientId}");
        };
        server.ClientDisconnectedAsync += end => Note($"broker DISCONNECTED {end.DisconnectType}");
        server.InterceptingPublishAsync += publish =>
        {
            OnPublish(publish);
            return Note($"broker PUBLISH {publish.ApplicationMessage.Topic}={Text(publish.ApplicationMessage)}{(publish.ApplicationMessage.Retain ? " retained" : "")}");
        };
        server.ClientAcknowledgedPublishPacketAsync += ack => Note($"broker PUBACK {ack.PublishPacket.Topic}");
        server.InterceptingSubscriptionAsync += subscription =>
        {
            OnSubscribe(subscription);
            return Note(
                $"broker SUBSCRIBE {subscription.TopicFilter.Topic} retain handling {(int)subscription.TopicFilter.RetainHandling}");
        };
        server.ClientSubscribedTopicAsync += subscription => Note($"broker SUBSCRIBED {subscription.TopicFilter.Topic}");
        server.ClientUnsubscribedTopicAsync += subscription => Note($"broker UNSUBSCRIBE {subscription.TopicFilter}");
        return server;
    }

    private Task Note(string? line)
    {
        if (line is not null)
            _journal.Add(line);

        return Task.CompletedTask;
    }

    private static string Text(MqttApplicationMessage message) => Encoding.UTF8.GetString(message.Payload.FirstSpan);
}
