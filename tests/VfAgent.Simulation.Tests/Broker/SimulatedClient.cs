using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.PacketInspection;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using VfAgent.Mqtt;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>
/// MQTTnet's client, with its packets, results and exceptions, over a <see cref="Link"/>. Whatever of it goes on by itself does so in the
/// synchronization context that connected it. Serves one connection.
/// </summary>
internal sealed class SimulatedClient(SimulatedBroker broker, Wire wire) : IMqttClient
{
    private readonly MqttPacketIdentifierProvider _identifiers = new();
    private readonly Dictionary<(Type Answer, ushort Identifier), TaskCompletionSource<MqttPacket>> _requests = [];
    private readonly Channel<MqttPublishPacket> _received = Channel.CreateUnbounded<MqttPublishPacket>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Link? _link;
    private int _window;

    public event Func<MqttApplicationMessageReceivedEventArgs, Task>? ApplicationMessageReceivedAsync;

    public event Func<MqttClientConnectedEventArgs, Task> ConnectedAsync { add => throw new NotSupportedException(); remove { } }

    public event Func<MqttClientConnectingEventArgs, Task> ConnectingAsync { add => throw new NotSupportedException(); remove { } }

    public event Func<MqttClientDisconnectedEventArgs, Task>? DisconnectedAsync;

    public event Func<InspectMqttPacketEventArgs, Task> InspectPacketAsync { add => throw new NotSupportedException(); remove { } }

    public bool IsConnected { get; private set; }

    public MqttClientOptions Options { get; private set; } = new();

    private bool IsOver => _ended.Task.IsCompleted;

    public async Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken cancellationToken = default)
    {
        (Options, wire.KeepAlive, options.KeepAlivePeriod) = (options, options.KeepAlivePeriod, TimeSpan.Zero);
        _ = ReportEndAsync();
        try
        {
            _link = await broker.CallAsync(cancellationToken);
            _link.ToClient.Arrived = OnArrived;
            MqttConnAckPacket connack = await AskAsync<MqttConnAckPacket>(MqttConnectPacketFactory.Create(options), 0, cancellationToken);
            if (connack.ReasonCode == MqttConnectReasonCode.Success)
                _ = HandOverAsync();
            else
                End(null);

            return MqttClientConnectResultFactory.Create(connack, MqttProtocolVersion.V500);
        }
        catch (Exception exception)
        {
            End(exception);
            throw _link is null ? exception : new MqttConnectingFailedException($"Error while authenticating. {exception.Message}", exception);
        }
    }

    public Task DisconnectAsync(MqttClientDisconnectOptions options, CancellationToken cancellationToken = default)
    {
        if (IsOver)
            return Task.CompletedTask;

        cancellationToken.ThrowIfCancellationRequested();
        Send(MqttDisconnectPacketFactory.Create(options));
        End(null);
        return Task.CompletedTask;
    }

    public Task PingAsync(CancellationToken cancellationToken = default) =>
        AskAsync<MqttPingRespPacket>(MqttPingReqPacket.Instance, 0, cancellationToken);

    public async Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage applicationMessage, CancellationToken cancellationToken = default)
    {
        MqttPublishPacket packet = MqttPublishPacketFactory.Create(applicationMessage);
        if (packet.QualityOfServiceLevel != MqttQualityOfServiceLevel.AtLeastOnce)
            throw new NotSupportedException("The agent publishes at QoS 1 only.");

        if (_requests.Keys.Count(request => request.Answer == typeof(MqttPubAckPacket)) >= _window)
            broker.Tell(new BrokerEvent(BrokerEventKind.Violation, Options.ClientId, BrokerMessage.Of(packet), "more than the broker's Receive Maximum"));

        packet.PacketIdentifier = _identifiers.GetNextPacketIdentifier();
        return MqttClientPublishResultFactory.Create(await AskAsync<MqttPubAckPacket>(packet, packet.PacketIdentifier, cancellationToken));
    }

    public async Task<MqttClientSubscribeResult> SubscribeAsync(MqttClientSubscribeOptions options, CancellationToken cancellationToken = default)
    {
        MqttSubscribePacket packet = MqttSubscribePacketFactory.Create(options);
        packet.PacketIdentifier = _identifiers.GetNextPacketIdentifier();
        MqttSubAckPacket answer = await AskAsync<MqttSubAckPacket>(packet, packet.PacketIdentifier, cancellationToken);
        return MqttClientSubscribeResultFactory.Create(packet, answer);
    }

    public async Task<MqttClientUnsubscribeResult> UnsubscribeAsync(
        MqttClientUnsubscribeOptions options, CancellationToken cancellationToken = default)
    {
        MqttUnsubscribePacket packet = MqttUnsubscribePacketFactory.Create(options);
        packet.PacketIdentifier = _identifiers.GetNextPacketIdentifier();
        MqttUnsubAckPacket answer = await AskAsync<MqttUnsubAckPacket>(packet, packet.PacketIdentifier, cancellationToken);
        return MqttClientUnsubscribeResultFactory.Create(packet, answer);
    }

    public Task SendEnhancedAuthenticationExchangeDataAsync(
        MqttEnhancedAuthenticationExchangeData data, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose() => End(new ObjectDisposedException(nameof(SimulatedClient)));

    private async Task<TAnswer> AskAsync<TAnswer>(MqttPacket packet, ushort identifier, CancellationToken cancellationToken)
        where TAnswer : MqttPacket
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!IsConnected && packet is not MqttConnectPacket)
            throw new MqttClientNotConnectedException();

        TaskCompletionSource<MqttPacket> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[(typeof(TAnswer), identifier)] = answer;
        using CancellationTokenRegistration cancelling = cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
        Send(packet);
        return (TAnswer)await answer.Task;
    }

    private void Send(MqttPacket packet)
    {
        if (IsOver || _link is null)
            throw new MqttClientDisconnectedException(null);

        wire.Sending(packet);
        _link.ToBroker.Send(packet);
    }

    private void OnArrived(MqttPacket? packet)
    {
        if (IsOver)
            return;

        wire.Received(packet);
        switch (packet)
        {
            case null:
                End(null);
                break;
            case MqttDisconnectPacket disconnect:
                FailRequests(new MqttClientUnexpectedDisconnectReceivedException(disconnect));
                End(null);
                break;
            case MqttPublishPacket publish:
                broker.Tell(new BrokerEvent(BrokerEventKind.Delivered, Options.ClientId, BrokerMessage.Of(publish), publish.Dup ? "again" : ""));
                _received.Writer.TryWrite(publish);
                break;
            case MqttConnAckPacket connack:
                IsConnected = connack.ReasonCode == MqttConnectReasonCode.Success;
                _window = connack.ReceiveMaximum == 0 ? ushort.MaxValue : connack.ReceiveMaximum;
                Answer(packet, 0);
                break;
            default:
                Answer(packet, (packet as MqttPacketWithIdentifier)?.PacketIdentifier ?? 0);
                break;
        }
    }

    // One that nobody waits for any more does no harm.
    private void Answer(MqttPacket packet, ushort identifier)
    {
        if (_requests.Remove((packet.GetType(), identifier), out TaskCompletionSource<MqttPacket>? request))
            request.TrySetResult(packet);
    }

    // One message after the other; what has come and is not handed over when the connection ends will come again.
    private async Task HandOverAsync()
    {
        while (await _received.Reader.WaitToReadAsync())
        {
            while (!IsOver && _received.Reader.TryRead(out MqttPublishPacket? packet))
            {
                MqttApplicationMessageReceivedEventArgs received = new(
                    Options.ClientId, MqttApplicationMessageFactory.Create(packet), packet, AcknowledgeAsync);
                if (ApplicationMessageReceivedAsync is { } handler)
                    await handler(received);
                if (received.AutoAcknowledge && !IsOver)
                    await received.AcknowledgeAsync(CancellationToken.None);
            }

            if (IsOver)
                return;
        }
    }

    private Task AcknowledgeAsync(MqttApplicationMessageReceivedEventArgs received, CancellationToken cancellationToken)
    {
        if (received.PacketIdentifier != 0)
            Send(MqttPubAckPacketFactory.Create(received));

        return Task.CompletedTask;
    }

    private void End(Exception? exception)
    {
        if (IsOver)
            return;

        bool wasConnected = IsConnected;
        IsConnected = false;
        _ended.SetResult(exception);
        FailRequests(new MqttClientDisconnectedException(exception));
        _received.Writer.TryComplete();
        _link?.ToBroker.Close();
        if (wasConnected)
            wire.Received(null);
    }

    private void FailRequests(Exception exception)
    {
        foreach (TaskCompletionSource<MqttPacket> request in _requests.Values)
            request.TrySetException(exception);

        _requests.Clear();
    }

    // Later than the end itself, as MQTTnet tells of it.
    private async Task ReportEndAsync()
    {
        Exception? exception = await _ended.Task;
        MqttClientDisconnectedEventArgs end = new(true, null, MqttClientDisconnectReason.UnspecifiedError, null, null, exception);
        if (DisconnectedAsync is { } handler)
            await handler(end);
    }
}
