using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MQTTnet;

namespace VfAgent.Mqtt;

/// <summary>
/// The agent's MQTT 5 session: connects, subscribes, hands each message over in order, keeps the retained topics at the broker as they
/// should be, and comes back after every loss.
/// </summary>
internal sealed class MqttSession
{
    private readonly MqttSessionOptions _options;
    private readonly Func<MqttMessage, CancellationToken, ValueTask> _onMessage;
    private readonly Func<IReadOnlySet<string>, CancellationToken, ValueTask> _onSettled;
    private readonly Func<Wire, IMqttClient> _newClient;
    private readonly TimeProvider _time;
    private readonly ReconnectDelay _delay;
    private readonly Random _random;
    private readonly ILogger _logger;

    private readonly WakeSignal _wake = new();
    private readonly EventQueue _events;
    private readonly Birth _birth;

    // Outlives the connections, so that a handler that takes its time does not keep us from connecting again. What has come over an earlier
    // connection is handled all the same, before what comes again. Bounded by our Receive Maximum, a connection at a time.
    private readonly Channel<Delivery> _inbound = Channel.CreateUnbounded<Delivery>(new UnboundedChannelOptions { SingleReader = true });

    /// <param name="options">What to connect to, subscribe to and say.</param>
    /// <param name="onMessage">Called for one message at a time, in the order of arrival. A message is acknowledged when it returns; when it throws, never.</param>
    /// <param name="onSettled">
    /// Called once after each connect when no replayed retained message has come for a while, with what the broker holds.
    /// </param>
    /// <param name="newClient">Makes the client of one connection, which reports to its wire.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Spreads the reconnects, and makes what has to be unique.</param>
    /// <param name="logger">The log.</param>
    public MqttSession(
        MqttSessionOptions options,
        Func<MqttMessage, CancellationToken, ValueTask> onMessage,
        Func<IReadOnlySet<string>, CancellationToken, ValueTask> onSettled,
        Func<Wire, IMqttClient> newClient,
        TimeProvider time,
        Random random,
        ILogger<MqttSession> logger)
    {
        (_options, _onMessage, _onSettled, _newClient, _time, _logger) = (options, onMessage, onSettled, newClient, time, logger);
        (_random, _delay) = (random, new ReconnectDelay(random));
        _events = new EventQueue(_wake);
        _birth = new Birth(options.BirthTopics, $"{time.GetUtcNow().ToUnixTimeMilliseconds():x16}{random.NextInt64():x16}");
        Retained = new RetainedOutbox(options.BirthTopics, _wake);
    }

    /// <summary>The retained topics as they should be at the broker.</summary>
    public RetainedOutbox Retained { get; }

    /// <summary>Is told where the broker is; null when nobody wants to know.</summary>
    public BrokerContact? Contact { get; init; }

    /// <summary>Publishes once, not retained, as soon as the broker is there; the newest few are kept until then.</summary>
    public void Publish(OutboundMessage message) => _events.Add(message);

    /// <summary>Runs until stopped, or until going on makes no sense.</summary>
    public async Task<SessionEnd> RunAsync(CancellationToken stop)
    {
        using CancellationTokenSource receiving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<SessionEnd> connecting = ConnectForEverAsync(receiving.Token);
        Task received = ReceiveAsync(receiving.Token);
        // Neither ends by itself, but for a final answer of the broker or a bug.
        await Task.WhenAny(connecting, received);
        receiving.Cancel();
        SessionEnd end = await connecting;
        await received;
        if (end.Failed)
            MqttLog.SessionEnded(_logger, end.Reason);

        return end;
    }

    private async Task<SessionEnd> ConnectForEverAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long started = _time.GetTimestamp();
            ConnectionEnd end;
            Wire wire = new(Contact);
            using (IMqttClient client = _newClient(wire))
            {
                MqttConnection connection = new(client, wire, _options, _birth, Retained, _events, _wake, _inbound.Writer, _time, _logger);
                end = await connection.RunAsync(SubscriptionMark.New(_random), stop);
            }

            if (end.Kind is ConnectionEndKind.Final or ConnectionEndKind.TakenOver)
                return new SessionEnd(Failed: true, end.Reason, TakenOver: end.Kind is ConnectionEndKind.TakenOver);

            // A broker that takes us in and throws us out at once is no better than one that does not answer.
            if (_time.GetElapsedTime(started) > ReconnectDelay.Longest)
                _delay.Reset();

            if (end.Kind is not ConnectionEndKind.Stopped)
                await PauseAsync(end.Kind is ConnectionEndKind.Refused ? _delay.Slow() : _delay.Next(), stop);
        }

        return SessionEnd.Stopped;
    }

    private async Task PauseAsync(TimeSpan delay, CancellationToken stop)
    {
        MqttLog.Reconnecting(_logger, delay);
        await Task.Delay(delay, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private async Task ReceiveAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                Delivery delivery = await _inbound.Reader.ReadAsync(stop);
                if (delivery.Received is { } received)
                    await HandleAsync(received, delivery.Subscription, stop);
                else if (delivery.Subscription.TrySettle(Retained))
                    await _onSettled(delivery.Subscription.RetainedTopics, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task HandleAsync(MqttApplicationMessageReceivedEventArgs received, Subscription subscription, CancellationToken stop)
    {
        MqttMessage message = subscription.Read(received.ApplicationMessage);
        // Also without a sweep: a session at the broker may still have the subscription of one that was cut short.
        bool isOwnStatus = _options.StatusPrefixes.Any(prefix => message.Topic.StartsWith(prefix, StringComparison.Ordinal));
        if (isOwnStatus || subscription.IsOutdated(message))
            await AcknowledgeAsync(received);
        else if (await TryTakeAsync(message, subscription, stop))
        {
            foreach (MqttApplicationMessageReceivedEventArgs older in subscription.Superseded(message.Topic))
                await AcknowledgeAsync(older);
            await AcknowledgeAsync(received);
        }
        else
            subscription.NoteFailed(received);

        subscription.NoteSeen(message, isOwnStatus);
    }

    private async Task<bool> TryTakeAsync(MqttMessage message, Subscription subscription, CancellationToken stop)
    {
        try
        {
            await _onMessage(message, stop);
            subscription.NoteTaken(message);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            MqttLog.HandlerFailed(_logger, exception, message.Topic);
            return false;
        }
    }

    private async Task AcknowledgeAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        try
        {
            // No token: a PUBACK that is half written would break the connection.
            await received.AcknowledgeAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            MqttLog.AcknowledgeFailed(_logger, exception, received.ApplicationMessage.Topic);
        }
    }
}
