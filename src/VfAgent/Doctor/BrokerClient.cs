using System.Buffers;
using System.Collections.Concurrent;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Doctor;

/// <summary>A connection to ask questions over, each with a deadline. What goes wrong throws, as MQTTnet does.</summary>
internal sealed class BrokerClient : IDisposable
{
    // How long the broker keeps what we publish if we cannot take it back.
    private const uint ExpirySeconds = 60;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(8);

    private readonly IMqttClient _client;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stop;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<byte[]>> _retained = new(StringComparer.Ordinal);

    public BrokerClient(IMqttClient client, TimeProvider time, CancellationToken stop)
    {
        (_client, _time, _stop) = (client, time, stop);
        _client.ApplicationMessageReceivedAsync += received =>
        {
            if (received.ApplicationMessage.Retain)
                Inbox(received.ApplicationMessage.Topic).TrySetResult(received.ApplicationMessage.Payload.ToArray());

            return Task.CompletedTask;
        };
    }

    public Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions request) =>
        WithinAsync(token => _client.ConnectAsync(request, token));

    public async Task<MqttClientSubscribeResultCode> SubscribeAsync(MqttTopicFilter filter)
    {
        MqttClientSubscribeOptions request = new() { TopicFilters = [filter] };
        return (await WithinAsync(token => _client.SubscribeAsync(request, token))).Items.First().ResultCode;
    }

    /// <summary>QoS 1, retained; an empty payload clears.</summary>
    public Task<MqttClientPublishResult> PublishAsync(string topic, ReadOnlyMemory<byte> payload)
    {
        MqttApplicationMessage message = new()
        {
            Topic = topic,
            Payload = new ReadOnlySequence<byte>(payload),
            Retain = true,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            MessageExpiryInterval = payload.IsEmpty ? 0 : ExpirySeconds,
        };
        return WithinAsync(token => _client.PublishAsync(message, token));
    }

    /// <summary>The first message on the topic that came because it is retained (RETAIN=1, MQTT 5 §3.3.1.3).</summary>
    /// <returns>null when none comes.</returns>
    public async Task<byte[]?> RetainedAsync(string topic)
    {
        try
        {
            return await Inbox(topic).Task.WaitAsync(_patience, _time, _stop);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>As <see cref="RetainedAsync"/>, but of what has come by now.</summary>
    public byte[]? RetainedSoFar(string topic) => Inbox(topic).Task is { IsCompletedSuccessfully: true } arrived ? arrived.Result : null;

    public async Task DisconnectAsync() => await _client.TryDisconnectAsync();

    public void Dispose() => _client.Dispose();

    private TaskCompletionSource<byte[]> Inbox(string topic) =>
        _retained.GetOrAdd(topic, _ => new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> request)
    {
        using CancellationTokenSource timeout = new(_patience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop);
        try
        {
            return await request(either.Token).WaitAsync(either.Token);
        }
        // MQTTnet calls a request that was cancelled at the wrong moment timed out.
        catch (Exception exception) when (_stop.IsCancellationRequested)
        {
            throw new OperationCanceledException("the check was stopped", exception, _stop);
        }
        catch (Exception exception) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {_patience.TotalSeconds} s", exception);
        }
    }
}
