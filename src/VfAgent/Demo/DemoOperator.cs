using System.Buffers;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using VfAgent.Protocol;
using VfAgent.Protocol.V1;

namespace VfAgent.Demo;

/// <summary>
/// An operator's MQTT client: it publishes configs and collects status and events. What the demo tells of the host came in here.
/// For one caller at a time: the inbox is only read while somebody waits.
/// </summary>
internal sealed class DemoOperator : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<MqttApplicationMessage> _inbox = Channel.CreateUnbounded<MqttApplicationMessage>();
    private readonly Dictionary<string, byte[]> _retained = new(StringComparer.Ordinal);
    private readonly List<Event> _events = [];
    private readonly Topics _topics;

    private DemoOperator(Topics topics, TimeSpan patience)
    {
        (_topics, Patience) = (topics, patience);
        _client.ApplicationMessageReceivedAsync += received =>
        {
            _inbox.Writer.TryWrite(received.ApplicationMessage);
            return Task.CompletedTask;
        };
    }

    /// <summary>The events so far, in their order.</summary>
    public IReadOnlyList<Event> Events => _events;

    /// <summary>How long any one wait may take.</summary>
    public TimeSpan Patience { get; }

    /// <param name="port">The broker's, on loopback.</param>
    /// <param name="topics">Those of the host to watch.</param>
    /// <param name="filters">What to subscribe to.</param>
    /// <param name="patience">How long any one wait may take.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <exception cref="IOException">There is no connection.</exception>
    public static async Task<DemoOperator> ConnectAsync(
        int port, Topics topics, IEnumerable<string> filters, TimeSpan patience, CancellationToken stop)
    {
        var client = new DemoOperator(topics, patience);
        MqttClientOptions options = new()
        {
            ProtocolVersion = MqttProtocolVersion.V500,
            ClientId = $"operator-{Guid.NewGuid():N}",
            ChannelOptions = new MqttClientTcpOptions { RemoteEndpoint = new IPEndPoint(IPAddress.Loopback, port) },
        };
        try
        {
            await client._client.ConnectAsync(options, stop);
        }
        catch (MqttCommunicationException exception)
        {
            client._client.Dispose();
            throw new IOException($"no connection to the broker at 127.0.0.1:{port}: {exception.GetBaseException().Message}", exception);
        }

        MqttClientSubscribeOptions subscriptions = new()
        {
            TopicFilters =
            [
                .. filters.Select(filter => new MqttTopicFilter { Topic = filter, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce }),
            ],
        };
        await client._client.SubscribeAsync(subscriptions, stop);
        return client;
    }

    /// <summary>Publishes retained and without a content type, as <c>mosquitto_pub -q 1 -r</c> does.</summary>
    public async Task PublishAsync(ConfigTopic topic, string payload, CancellationToken stop) =>
        await _client.PublishAsync(
            new MqttApplicationMessage
            {
                Topic = _topics.Config(topic),
                Payload = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(payload)),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                Retain = true,
            },
            stop);

    /// <summary>The newest message on a status topic; null when there is none.</summary>
    public T? Find<T>(StatusTopic topic, MessageParser<T> parser)
        where T : class, IMessage<T> => _retained.TryGetValue(_topics.Status(topic), out byte[]? payload) ? parser.ParseFrom(payload) : null;

    /// <summary>The newest message on a topic as text; null when there is none.</summary>
    public string? FindText(string topic) => _retained.TryGetValue(topic, out byte[]? payload) ? Encoding.UTF8.GetString(payload) : null;

    /// <summary>Looks, and looks again after each message, until there is something to see.</summary>
    /// <param name="what">What is waited for, in the words of the message that says it did not come.</param>
    /// <param name="look">null for not yet.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    public async Task<T> WaitAsync<T>(string what, Func<T?> look, CancellationToken stop)
        where T : class
    {
        using CancellationTokenSource timeout = new(Patience, TimeProvider.System);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
        while (true)
        {
            if (look() is { } seen)
                return seen;

            try
            {
                Take(await _inbox.Reader.ReadAsync(either.Token));
            }
            catch (OperationCanceledException exception) when (!stop.IsCancellationRequested)
            {
                string last = _events is [.., var e] ? $"; the last event was {e.Object} {e.Reason} {e.Message}" : "";
                throw new TimeoutException($"waited {Patience.TotalSeconds:0.#} s for {what}{last}", exception);
            }
        }
    }

    /// <summary>Events as they come, until stopped.</summary>
    public async IAsyncEnumerable<Event> FollowAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (MqttApplicationMessage message in _inbox.Reader.ReadAllAsync(stop))
        {
            int before = _events.Count;
            Take(message);
            if (_events.Count > before)
                yield return _events[^1];
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_client.IsConnected)
            await _client.DisconnectAsync(new MqttClientDisconnectOptions());
        _client.Dispose();
    }

    private void Take(MqttApplicationMessage message)
    {
        if (message.Topic == _topics.Events)
            _events.Add(Event.Parser.ParseFrom(message.Payload));
        else if (message.Payload.IsEmpty)
            _retained.Remove(message.Topic);
        else
            _retained[message.Topic] = message.Payload.ToArray();
    }
}
