using System.Buffers;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Mqtt;

/// <summary>
/// The subscriptions of one connection, with a sweep for stale own status, and the moment when what the broker has sent because of them has
/// settled. Until then only what is replayed has RETAIN=1 (Retain As Published 0); after that, RETAIN is the publisher's.
/// </summary>
internal sealed class Subscription(
    IMqttClient client, MqttSessionOptions options, SubscriptionMark mark, TimeProvider time, ILogger logger)
    : IDisposable
{
    // Far more topics than a host has config: a publisher with ever new ones must not make the agent grow. A late replay is late by moments.
    private const int MostTaken = 1 << 14;

    private static readonly TimeSpan _retryRefusedAfter = TimeSpan.FromSeconds(60);

    // An answer comes behind all that the broker replays, which can take a while on a slow link.
    private static readonly TimeSpan _answerTimeout = TimeSpan.FromSeconds(90);

    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _retained = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MessageOrigin> _taken = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    // No more than our Receive Maximum.
    private readonly List<MqttApplicationMessageReceivedEventArgs> _failed = [];
    private readonly StaleStatusSweep _sweep = new();
    private QuietPeriod? _quiet;
    private volatile bool _disposed;

    /// <summary>The config topics that have come over this connection and seem retained: all that the broker holds, when it has settled.</summary>
    public IReadOnlySet<string> RetainedTopics => _retained;

    /// <summary>Subscribes and waits for it to settle; then it has nothing left to do.</summary>
    /// <param name="onQuiet">Called when it may have settled; <see cref="TrySettle"/> decides.</param>
    /// <param name="cancellationToken">The connection's life.</param>
    public async Task RunAsync(Action onQuiet, CancellationToken cancellationToken)
    {
        // Also when the broker has kept our session: its queue may have overflowed while we were away, which no broker tells.
        await SubscribeToConfigAsync(mark.Replay, MqttRetainHandling.SendAtSubscribe, retainAsPublished: false, cancellationToken);
        IReadOnlyList<string> swept = await BeginSweepAsync(cancellationToken);
        _quiet = new QuietPeriod(time, onQuiet);
        await _settled.Task.InContext().WaitAsync(cancellationToken);
        await SubscribeToConfigAsync(mark.Live, MqttRetainHandling.DoNotSendOnSubscribe, retainAsPublished: true, cancellationToken);
        if (swept.Count > 0)
        {
            MqttClientUnsubscribeOptions unsubscribe = new() { TopicFilters = [.. swept] };
            await AnswerAsync(client.UnsubscribeAsync(unsubscribe, CancellationToken.None), cancellationToken);
        }
    }

    /// <summary>A message, with what is known of it because of the subscription by which it comes.</summary>
    public MqttMessage Read(MqttApplicationMessage message)
    {
        (MessageOrigin origin, bool mayBeRetained) = SubscriptionMark.Read(message, _settled.Task.IsCompleted);
        ReadOnlyMemory<byte> payload = message.Payload.IsSingleSegment ? message.Payload.First : message.Payload.ToArray();
        return new MqttMessage(message.Topic, payload, message.ContentType, mayBeRetained, origin);
    }

    /// <summary>
    /// Whether there is a newer message of this topic. A broker may read what it replays, and send it after a change that it has already passed on; and
    /// what it has kept since an earlier connection is older than its replay. A replay of an earlier one may even be older than what was taken there,
    /// and what it brought is replayed anew, if it is still so. Then this one has no more to say.
    /// </summary>
    public bool IsOutdated(MqttMessage message)
    {
        // Some brokers have identifiers and leave them off what they replay.
        MessageOrigin origin = message.Origin;
        if (origin.IsReplay && origin.Connection != mark.Replay && origin.Connection != 0)
            return true;

        return _taken.TryGetValue(message.Topic, out MessageOrigin newest) &&
            (origin.Connection == newest.Connection ? origin.IsReplay && !newest.IsReplay : newest.Connection == mark.Replay);
    }

    /// <summary>A config message could not be taken, and is not acknowledged: the broker keeps it.</summary>
    public void NoteFailed(MqttApplicationMessageReceivedEventArgs message) => _failed.Add(message);

    /// <summary>What has failed of a topic of which a newer message has been taken: it must not come again after that.</summary>
    public IReadOnlyList<MqttApplicationMessageReceivedEventArgs> Superseded(string topic)
    {
        List<MqttApplicationMessageReceivedEventArgs> older = _failed.FindAll(failed => failed.ApplicationMessage.Topic == topic);
        _failed.RemoveAll(older.Contains);
        return older;
    }

    /// <summary>A config message has been taken.</summary>
    public void NoteTaken(MqttMessage message)
    {
        if (!_taken.ContainsKey(message.Topic))
            _order.Enqueue(message.Topic);
        _taken[message.Topic] = message.Origin;
        if (_order.Count > MostTaken)
            _taken.Remove(_order.Dequeue());

        // What the broker had kept for us since an earlier connection says nothing of what it retains: the replay does.
        if (_settled.Task.IsCompleted || !message.Retain || message.Origin.Connection != mark.Replay)
            return;

        if (message.Payload.IsEmpty)
            _retained.Remove(message.Topic);
        else
            _retained.Add(message.Topic);
    }

    /// <summary>A message has been handled (config) or only seen (own status).</summary>
    public void NoteSeen(MqttMessage message, bool isOwnStatus)
    {
        if (message.Origin.IsReplay || (!isOwnStatus && message.Origin.Connection != mark.Replay))
            _quiet?.Note();
        if (isOwnStatus && message.Origin.IsReplay)
            _sweep.Note(message.Topic);
    }

    /// <returns>true once, when the replay has settled; the stale status is then on its way out.</returns>
    public bool TrySettle(RetainedOutbox outbox)
    {
        if (_disposed || _settled.Task.IsCompleted || _quiet is null || !_quiet.IsOver())
            return false;

        MqttLog.Settled(logger, _sweep.Clear(outbox));
        _settled.SetResult();
        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        _quiet?.Dispose();
    }

    // Until all of it is granted.
    private async Task SubscribeToConfigAsync(
        uint identifier, MqttRetainHandling retainHandling, bool retainAsPublished, CancellationToken cancellationToken)
    {
        MqttClientSubscribeOptions request = new()
        {
            SubscriptionIdentifier = identifier,
            TopicFilters =
            [
                .. options.Filters.Select(filter => new MqttTopicFilter
                {
                    Topic = filter,
                    QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                    RetainAsPublished = retainAsPublished,
                    RetainHandling = retainHandling,
                }),
            ],
        };
        while (!await IsGrantedAsync(request, cancellationToken))
            await Task.Delay(_retryRefusedAfter, time, cancellationToken);
    }

    private async Task<bool> IsGrantedAsync(MqttClientSubscribeOptions request, CancellationToken cancellationToken)
    {
        MqttClientSubscribeResult result = await AnswerAsync(client.SubscribeAsync(request, CancellationToken.None), cancellationToken);
        // QoS 0 is less than we can work with: the broker would count as delivered what may never have reached the disk.
        MqttClientSubscribeResultItem[] refused = [.. result.Items.Where(item => item.ResultCode != MqttClientSubscribeResultCode.GrantedQoS1)];
        foreach (MqttClientSubscribeResultItem item in refused)
            MqttLog.SubscriptionRefused(logger, item.TopicFilter.Topic, item.ResultCode.ToString(), result.ReasonString ?? "", _retryRefusedAfter);

        return refused.Length == 0;
    }

    // At every connect, as for config: the broker may have dropped what it replayed at an earlier one.
    // QoS 0, so that a session which we lose in the middle does not collect our own status for us. No Local stays off: a broker may apply it
    // to retained messages, and then our earlier run's would not come.
    private async Task<IReadOnlyList<string>> BeginSweepAsync(CancellationToken cancellationToken)
    {
        List<string> swept = [];
        foreach (string filter in options.StatusPrefixes.Select(prefix => prefix + "#"))
        {
            MqttClientSubscribeOptions request = new() { TopicFilters = [new MqttTopicFilter { Topic = filter }] };
            MqttClientSubscribeResult result = await AnswerAsync(client.SubscribeAsync(request, CancellationToken.None), cancellationToken);
            MqttClientSubscribeResultCode code = result.Items.First().ResultCode;
            if (code == MqttClientSubscribeResultCode.GrantedQoS0)
                swept.Add(filter);
            else
                MqttLog.SweepRefused(logger, filter, code.ToString());
        }

        return swept;
    }

    // The request itself has no token: a packet that is half written would break the connection, and our last words with it.
    private Task<T> AnswerAsync<T>(Task<T> request, CancellationToken cancellationToken) =>
        request.WaitAsync(_answerTimeout, time, cancellationToken);
}
