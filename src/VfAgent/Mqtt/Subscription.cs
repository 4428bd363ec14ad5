using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace VfAgent.Mqtt;

/// <summary>
/// The subscriptions of one connection. When the broker replays retained messages, also the sweep for stale own status, and the moment when
/// all of that has settled.
/// </summary>
internal sealed class Subscription(
    IMqttClient client, MqttSessionOptions options, bool replays, bool sessionPresent, TimeProvider time, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan _retryRefusedAfter = TimeSpan.FromSeconds(60);
    // An answer comes behind all that the broker replays, which can take a while on a slow link.
    private static readonly TimeSpan _answerTimeout = TimeSpan.FromSeconds(90);

    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StaleStatusSweep? _sweep;
    private QuietPeriod? _quiet;
    private volatile bool _disposed;

    public bool SessionPresent => sessionPresent;

    /// <summary>Subscribes and, when the broker replays, waits for that to settle; then it has nothing left to do.</summary>
    /// <param name="onQuiet">Called when it may have settled; <see cref="TrySettle"/> decides.</param>
    /// <param name="cancellationToken">The connection's life.</param>
    public async Task RunAsync(Action onQuiet, CancellationToken cancellationToken)
    {
        while (!await SubscribeToConfigAsync(cancellationToken))
            await Task.Delay(_retryRefusedAfter, time, cancellationToken);

        if (!replays)
            return;

        IReadOnlyList<string> swept = await BeginSweepAsync(cancellationToken);
        _quiet = new QuietPeriod(time, onQuiet);
        await _settled.Task.WaitAsync(cancellationToken);
        if (swept.Count > 0)
        {
            MqttClientUnsubscribeOptions unsubscribe = new() { TopicFilters = [.. swept] };
            await AnswerAsync(client.UnsubscribeAsync(unsubscribe, CancellationToken.None), cancellationToken);
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
        MqttClientSubscribeOptions request = new()
        {
            TopicFilters =
            [
                .. options.Filters.Select(filter => new MqttTopicFilter
                {
                    Topic = filter,
                    QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
                    RetainAsPublished = true,
                    RetainHandling = replays ? MqttRetainHandling.SendAtSubscribe : MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly,
                }),
            ],
        };
        MqttClientSubscribeResult result = await AnswerAsync(client.SubscribeAsync(request, CancellationToken.None), cancellationToken);
        // QoS 0 is less than we can work with: the broker would count as delivered what may never have reached the disk.
        MqttClientSubscribeResultItem[] refused = [.. result.Items.Where(item => item.ResultCode != MqttClientSubscribeResultCode.GrantedQoS1)];
        foreach (MqttClientSubscribeResultItem item in refused)
            MqttLog.SubscriptionRefused(logger, item.TopicFilter.Topic, item.ResultCode.ToString(), result.ReasonString ?? "", _retryRefusedAfter);

        return refused.Length == 0;
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

    // The request itself has no token: a packet that is half written would break the connection, and our last words with it.
    private Task<T> AnswerAsync<T>(Task<T> request, CancellationToken cancellationToken) =>
        request.WaitAsync(_answerTimeout, time, cancellationToken);
}
