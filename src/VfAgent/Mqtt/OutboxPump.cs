using System.Text;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Protocol;

namespace VfAgent.Mqtt;

/// <summary>
/// Publishes what the outbox and the event queue hold over one connection, several at a time within the broker's Receive Maximum
/// (MQTT 5 §4.9). Events go at QoS 1 too: a broker queues nothing else for a collector that is away, and they share the window.
/// </summary>
internal sealed class OutboxPump : IDisposable
{
    // Enough to hide a round trip; a broker with a smaller Receive Maximum says so.
    private const int MostInFlight = 64;

    // After a refusal (not authorised, quota) somebody has to act at the broker; look again about once a minute.
    private static readonly TimeSpan _retryRefusedAfter = TimeSpan.FromSeconds(60);

    // What a PUBLISH has besides topic, content type and payload: fixed header, identifier, lengths and the format indicator.
    private const int Overhead = 24;

    private readonly IMqttClient _client;
    private readonly Birth _birth;
    private readonly RetainedOutbox _outbox;
    private readonly EventQueue _events;
    private readonly WakeSignal _wake;
    private readonly ILogger _logger;
    private readonly long _maximumPacketSize;
    private readonly ITimer _retry;
    private int _free;

    public OutboxPump(
        IMqttClient client,
        MqttClientConnectResult limits,
        Birth birth,
        RetainedOutbox outbox,
        EventQueue events,
        WakeSignal wake,
        TimeProvider time,
        ILogger logger)
    {
        (_client, _birth, _outbox, _events, _wake, _logger) = (client, birth, outbox, events, wake, logger);
        // Absent or 0 means no limit of its own.
        _free = limits.ReceiveMaximum is > 0 and < MostInFlight ? limits.ReceiveMaximum.Value : MostInFlight;
        _maximumPacketSize = limits.MaximumPacketSize is > 0 ? limits.MaximumPacketSize.Value : long.MaxValue;
        _retry = time.CreateTimer(_ => outbox.RetryRefused(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs until cancelled. Publishes under way are left to the connection: they end with it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long dropped = _events.TakeDropped();
        if (dropped > 0)
            MqttLog.EventsDropped(_logger, dropped);

        while (true)
        {
            while (Volatile.Read(ref _free) > 0)
            {
                if (_outbox.TryTake(out Publication? publication))
                    Start(publication.Message, publication);
                else if (_events.TryTake(out OutboundMessage? message))
                    Start(message, publication: null);
                else
                    break;
            }

            await _wake.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The last words before a clean DISCONNECT, after everything that is under way; <see cref="RunAsync"/> has ended.</summary>
    public async Task PublishLastAsync(IReadOnlyList<OutboundMessage> messages, CancellationToken cancellationToken)
    {
        List<Task> published = [];
        foreach (OutboundMessage message in messages)
        {
            while (Volatile.Read(ref _free) == 0)
                await _wake.WaitAsync(cancellationToken);

            Interlocked.Decrement(ref _free);
            published.Add(PublishAsync(message, publication: null, retain: true));
        }

        await Task.WhenAll(published).WaitAsync(cancellationToken);
    }

    public void Dispose() => _retry.Dispose();

    private void Start(OutboundMessage message, Publication? publication)
    {
        long size = Encoding.UTF8.GetByteCount(message.Topic) + Encoding.UTF8.GetByteCount(message.ContentType) + message.Payload.Length + Overhead;
        if (size > _maximumPacketSize)
        {
            MqttLog.TooLarge(_logger, message.Topic, size, _maximumPacketSize);
            if (publication is not null)
                _outbox.Refuse(publication);

            return;
        }

        Interlocked.Decrement(ref _free);
        _ = PublishAsync(message, publication, retain: publication is not null);
    }

    private async Task PublishAsync(OutboundMessage message, Publication? publication, bool retain)
    {
        try
        {
            // No token: a PUBLISH that is half written would break the connection for all others.
            MqttApplicationMessage packet = Packet(message, retain);
            if (publication is not null)
            {
                packet.UserProperties = _birth.MarkFor(message.Topic);
                _birth.Sending(message.Topic);
            }

            MqttClientPublishResult result = await _client.PublishAsync(packet, CancellationToken.None);
            if (result.IsSuccess)
            {
                if (publication is not null)
                    _outbox.Confirm(publication);
            }
            else
            {
                MqttLog.PublishRefused(_logger, message.Topic, result.ReasonCode.ToString(), result.ReasonString ?? "");
                if (publication is not null)
                {
                    _outbox.Refuse(publication);
                    _retry.Change(_retryRefusedAfter, Timeout.InfiniteTimeSpan);
                }
            }
        }
        catch (Exception)
        {
            // The connection broke; its end is reported where it is awaited, and the outbox publishes again on the next one. MQTTnet throws
            // what it happens to meet when a client dies, so the type says nothing.
        }
        finally
        {
            Interlocked.Increment(ref _free);
            _wake.Set();
        }
    }

    private static MqttApplicationMessage Packet(OutboundMessage message, bool retain) => new()
    {
        Topic = message.Topic,
        Payload = new System.Buffers.ReadOnlySequence<byte>(message.Payload),
        ContentType = message.ContentType.Length == 0 ? null : message.ContentType,
        PayloadFormatIndicator =
            message.ContentType == OutboundMessage.Json ? MqttPayloadFormatIndicator.CharacterData : MqttPayloadFormatIndicator.Unspecified,
        QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        Retain = retain,
    };
}
