using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MQTTnet;

namespace VfAgent.Mqtt;

/// <summary>One connection from CONNECT to its end. A client serves one connection only, so that nothing of an earlier one can reach the next.</summary>
internal sealed class MqttConnection(
    IMqttClient client,
    Wire wire,
    MqttSessionOptions options,
    Birth birth,
    RetainedOutbox outbox,
    EventQueue events,
    WakeSignal wake,
    ChannelWriter<Delivery> inbound,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _farewellTimeout = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<ConnectionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Subscription> _subscription = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TakeoverCheck _takeover = new(client, birth, time);

    private ServerAddress Server => options.Connection.Server;

    /// <param name="mark">What comes because of this connection's subscriptions has it.</param>
    /// <param name="stop">Ends the connection cleanly: the last words, then DISCONNECT; the session stays at the broker.</param>
    public async Task<ConnectionEnd> RunAsync(SubscriptionMark mark, CancellationToken stop)
    {
        MqttClientOptions? request = new ClientOptionsFactory(options.Connection, logger).Create(options.Will, out IReadOnlyList<string> problems);
        foreach (string problem in problems)
            MqttLog.FileProblem(logger, problem);
        if (request is null)
            return new ConnectionEnd(ConnectionEndKind.Refused, problems[0]);

        request.WillUserProperties = birth.MarkFor(options.Will.Topic);
        client.ApplicationMessageReceivedAsync += OnReceivedAsync;
        client.DisconnectedAsync += OnDisconnectedAsync;
        MqttClientConnectResult? connack = await ConnectAsync(request, stop);
        if (connack is null)
            return stop.IsCancellationRequested ? ConnectionEnd.Stopped : new ConnectionEnd(ConnectionEndKind.Lost, "no connection");

        if (ConnectionVerdict.Of(connack) is { } verdict)
        {
            MqttLog.ConnectRefused(logger, Server, verdict.Reason);
            return verdict;
        }

        MqttLog.Connected(logger, Server, connack.IsSessionPresent ? "kept" : "has not kept");
        outbox.Restart(connack.IsSessionPresent);
        bool mayBeTaken = connack.IsSessionPresent && birth.WasSent;
        using OutboxPump pump = new(client, connack, birth, outbox, events, wake, time, logger);
        using Subscription subscription = new(client, options, mark.If(connack.SubscriptionIdentifiersAvailable), time, logger);
        _subscription.SetResult(subscription);
        using CancellationTokenSource alive = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using CancellationTokenRegistration stopping = stop.Register(() => _end.TrySetResult(ConnectionEnd.Stopped));
        Task work = Task.WhenAll(
            EndWithAsync(TalkAsync(pump, subscription, mayBeTaken, alive.Token)),
            EndWithAsync(KeepAliveAsync(wire.KeepAlive, alive.Token)));
        ConnectionEnd end = await _end.Task;
        alive.Cancel();
        await work;
        if (end.Kind == ConnectionEndKind.Stopped)
            await SayGoodbyeAsync(pump);
        else
            MqttLog.ConnectionLost(logger, Server, end.Reason);

        return end;
    }

    private async Task TalkAsync(OutboxPump pump, Subscription subscription, bool mayBeTaken, CancellationToken alive)
    {
        if (!mayBeTaken || !await IsTakenOverAsync(alive))
            await Task.WhenAll(pump.RunAsync(alive), SubscribeAsync(subscription, alive));
    }

    private async Task<bool> IsTakenOverAsync(CancellationToken alive)
    {
        try
        {
            if (!await _takeover.IsTakenOverAsync(alive))
                return false;

            // Said before the client tells that it is disconnected. The other one's birth stands: neither a farewell nor our will may go over it.
            _end.TrySetResult(ConnectionVerdict.TakenOver(options.Connection.ClientId));
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (!alive.IsCancellationRequested)
        {
            await LoseAsync("while looking for our birth", exception);
            return false;
        }
    }

    private async Task<MqttClientConnectResult?> ConnectAsync(MqttClientOptions request, CancellationToken stop)
    {
        using CancellationTokenSource timeout = new(_connectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
        try
        {
            return await client.ConnectAsync(request, either.Token);
        }
        // Names, sockets, TLS, websockets and MQTT each have exceptions of their own, and none of them is our bug.
        catch (Exception exception)
        {
            if (!stop.IsCancellationRequested)
                MqttLog.ConnectFailed(logger, Server, timeout.IsCancellationRequested ? $"no answer within {_connectTimeout}" : Innermost(exception));

            return null;
        }
    }

    private async Task SubscribeAsync(Subscription subscription, CancellationToken alive)
    {
        try
        {
            await subscription.RunAsync(() => inbound.TryWrite(new Delivery(subscription, Received: null)), alive);
            MqttLog.Subscribed(logger);
        }
        // An answer that does not come, or whatever a client throws whose connection dies.
        catch (Exception exception) when (!alive.IsCancellationRequested)
        {
            await LoseAsync("while subscribing", exception);
        }
    }

    // At half the interval, so that one that is late is no harm; whether something else was sent meanwhile is not worth knowing.
    private async Task KeepAliveAsync(TimeSpan interval, CancellationToken alive)
    {
        if (interval == TimeSpan.Zero)
            return;

        using PeriodicTimer timer = new(interval / 2, time);
        try
        {
            while (await timer.WaitForNextTickAsync(alive))
                await client.PingAsync(CancellationToken.None).WaitAsync(interval, time, alive);
        }
        catch (Exception exception) when (!alive.IsCancellationRequested)
        {
            await LoseAsync("no answer to a ping", exception);
        }
    }

    // What fails first when a connection dies says little. Why it died is in the broker's DISCONNECT, which may still lie unread: above all that
    // another agent has taken the session over. Only where an answer just does not come there is nothing to wait for.
    private async Task LoseAsync(string doing, Exception exception)
    {
        if (exception is not TimeoutException)
            await wire.Closed.InContext().WaitAsync(_farewellTimeout, time)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        _end.TrySetResult(
            ConnectionVerdict.Of(wire.Disconnect, options.Connection.ClientId)
            ?? new ConnectionEnd(ConnectionEndKind.Lost, $"{doing}: {Innermost(exception)}"));
    }

    private async Task SayGoodbyeAsync(OutboxPump pump)
    {
        using CancellationTokenSource deadline = new(_farewellTimeout, time);
        try
        {
            await pump.PublishLastAsync(options.Farewell, deadline.Token);
            // Without a Session Expiry Interval the one of CONNECT stays in force (MQTT 5 §3.14.2.2.2).
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), deadline.Token);
            MqttLog.Disconnected(logger, Server);
        }
        catch (Exception exception)
        {
            MqttLog.ConnectionLost(logger, Server, $"while disconnecting: {Innermost(exception)}");
        }
    }

    // Work ends with the connection; what ends otherwise has a bug, which must not wait for the connection to show.
    private async Task EndWithAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception exception)
        {
            _end.TrySetException(exception);
        }
    }

    // MQTTnet waits for this before it looks at the next message, and for its end when the connection dies: so only hand over. Messages may
    // come before we have seen the CONNACK that they follow.
    private async Task OnReceivedAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        received.AutoAcknowledge = false;
        _takeover.Note(received.ApplicationMessage);
        inbound.TryWrite(new Delivery(await _subscription.Task, received));
    }

    private Task OnDisconnectedAsync(MqttClientDisconnectedEventArgs end)
    {
        _end.TrySetResult(
            ConnectionVerdict.Of(wire.Disconnect, options.Connection.ClientId)
            ?? new ConnectionEnd(ConnectionEndKind.Lost, end.Exception is { } exception ? Innermost(exception) : "closed by the broker"));
        return Task.CompletedTask;
    }

    private static string Innermost(Exception exception) => exception.GetBaseException().Message;
}

/// <summary>What waits for the receive loop: a message, or without one the question whether the replay has settled.</summary>
internal sealed record Delivery(Subscription Subscription, MqttApplicationMessageReceivedEventArgs? Received);
