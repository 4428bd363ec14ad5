using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Mqtt;

/// <summary>
/// The subscriptions of one connection, sometimes with a sweep for stale own status, and the moment when what the broker has sent because
/// of them has settled.
/// </summary>
internal sealed class Subscription(
    IMqttClient client, MqttSessionOptions options, bool sweeps, TimeProvider time, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan _retryRefusedAfter = TimeSpan.FromSeconds(60);
    // An answer comes behind all that the broker replays, which can take a while on a slow link.
    private static readonly TimeSpan _answerTimeout = TimeSpan.FromSeconds(90);

    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _retained = new(StringComparer.Ordinal);
    private readonly HashSet<string> _handled = new(StringComparer.Ordinal);
    private readonly HashSet<string> _doubtful = new(StringComparer.Ordinal);
    private readonly HashSet<string> _askedAgain = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private StaleStatusSweep? _sweep;
    private QuietPeriod? _quiet;
    private volatile bool _disposed;

    /// <summary>The config topics that have come with RETAIN=1 over this connection: what the broker holds, once the replay has settled.</summary>
    public IReadOnlySet<string> RetainedTopics => _retained;

    /// <summary>Subscribes and, with a sweep, waits for it to settle; then it has nothing left to do.</summary>
    /// <param name="onQuiet">Called when it may have settled; <see cref="TrySettle"/> decides.</param>
    /// <param name="cancellationToken">The connection's life.</param>
    public async Task RunAsync(Action onQuiet, CancellationToken cancellationToken)
    {
        while (!await SubscribeToConfigAsync(cancellationToken))
            await Task.Delay(_retryRefusedAfter, time, cancellationToken);

        IReadOnlyList<string> extra = sweeps ? await BeginSweepAsync(cancellationToken) : [];
        _quiet = new QuietPeriod(time, onQuiet);
        await _settled.Task.InContext().WaitAsync(cancellationToken);
        extra = [.. extra, .. await AskAgainAsync(cancellationToken)];
        if (extra.Count > 0)
        {
            MqttClientUnsubscribeOptions unsubscribe = new() { TopicFilters = [.. extra] };
            await AnswerAsync(client.UnsubscribeAsync(unsubscribe, CancellationToken.None), cancellationToken);
        }
    }

    /// <summary>
    /// Whether a message may be older than one that has been handled: a broker may read what it replays, and send it after a change that
    /// it has already passed on. Nothing tells the two apart, so the topic is asked for again when all is calm. A delete is never replayed.
    /// </summary>
    public bool Postpones(MqttMessage message)
    {
        lock (_gate)
        {
            if (_settled.Task.IsCompleted && !_askedAgain.Contains(message.Topic))
                return false;

            bool first = _handled.Add(message.Topic);
            if (first || !message.Retain || message.Payload.IsEmpty)
                return false;

            _doubtful.Add(message.Topic);
            return true;
        }
    }

    /// <summary>A message has been handled (config) or only seen (own status).</summary>
    public void Note(MqttMessage message, bool isOwnStatus)
    {
        if (!message.Retain)
            return;

        _quiet?.Note();
        if (isOwnStatus)
            _sweep?.Note(message.Topic);
        else if (message.Payload.IsEmpty)
            _retained.Remove(message.Topic);
        else
            _retained.Add(message.Topic);
    }

    /// <returns>true once, when the replay has settled; the stale status is then on its way out.</returns>
    public bool TrySettle(RetainedOutbox outbox)
    {
        if (_disposed || _settled.Task.IsCompleted || _quiet is null || !_quiet.IsOver())
            return false;

        MqttLog.Settled(logger, _sweep?.Clear(outbox) ?? 0);
        _settled.SetResult();
        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        _quiet?.Dispose();
    }

    private async Task<bool> SubscribeToConfigAsync(CancellationToken cancellationToken)
    {
        // Also when the broker has kept our session: its queue may have overflowed while we were away, which no broker tells.
        MqttClientSubscribeOptions request = Request(options.Filters);
        MqttClientSubscribeResult result = await AnswerAsync(client.SubscribeAsync(request, CancellationToken.None), cancellationToken);
        // QoS 0 is less than we can work with: the broker would count as delivered what may never have reached the disk.
        MqttClientSubscribeResultItem[] refused = [.. result.Items.Where(item => item.ResultCode != MqttClientSubscribeResultCode.GrantedQoS1)];
        foreach (MqttClientSubscribeResultItem item in refused)
            MqttLog.SubscriptionRefused(logger, item.TopicFilter.Topic, item.ResultCode.ToString(), result.ReasonString ?? "", _retryRefusedAfter);

        return refused.Length == 0;
    }

    private async Task<IReadOnlyCollection<string>> AskAgainAsync(CancellationToken cancellationToken)
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        while (TakeDoubtful() is { Length: > 0 } topics)
        {
            all.UnionWith(topics);
            await AnswerAsync(client.SubscribeAsync(Request(topics), CancellationToken.None), cancellationToken);

            // This replay, too, may come after a change that it does not have.
            await Task.Delay(QuietPeriod.Length, time, cancellationToken);
        }

        return all;
    }

    private string[] TakeDoubtful()
    {
        lock (_gate)
        {
            string[] topics = [.. _doubtful];
            _doubtful.Clear();
            _askedAgain.Clear();
            _askedAgain.UnionWith(topics);
            _handled.ExceptWith(topics);
            return topics;
        }
    }

    // QoS 0, so that a session which we lose in the middle does not collect our own status for us. No Local stays off: a broker may apply it
    // to retained messages, and then our earlier run's would not come.
    private async Task<IReadOnlyList<string>> BeginSweepAsync(CancellationToken cancellationToken)
    {
        _sweep = new StaleStatusSweep();
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

    private static MqttClientSubscribeOptions Request(IEnumerable<string> filters) => new()
    {
        TopicFilters =
        [
            .. filters.Select(filter => new MqttTopicFilter
            {
                Topic = filter,
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                RetainAsPublished = true,
                RetainHandling = MqttRetainHandling.SendAtSubscribe,
            }),
        ],
    };

    // The request itself has no token: a packet that is half written would break the connection, and our last words with it.
    private Task<T> AnswerAsync<T>(Task<T> request, CancellationToken cancellationToken) =>
        request.WaitAsync(_answerTimeout, time, cancellationToken);
}
