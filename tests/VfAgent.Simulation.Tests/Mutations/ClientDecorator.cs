using MQTTnet;
using MQTTnet.Diagnostics.PacketInspection;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>The agent's MQTT client as it is; a planted bug changes a call or two.</summary>
internal class ClientDecorator : IMqttClient
{
    private readonly IMqttClient _inner;

    public ClientDecorator(IMqttClient inner)
    {
        _inner = inner;
        inner.ApplicationMessageReceivedAsync += ReceiveAsync;
    }

    public event Func<MqttApplicationMessageReceivedEventArgs, Task>? ApplicationMessageReceivedAsync;

    public event Func<MqttClientConnectedEventArgs, Task> ConnectedAsync { add => _inner.ConnectedAsync += value; remove => _inner.ConnectedAsync -= value; }

    public event Func<MqttClientConnectingEventArgs, Task> ConnectingAsync { add => _inner.ConnectingAsync += value; remove => _inner.ConnectingAsync -= value; }

    public event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync
    {
        add => _inner.DisconnectedAsync += value;
        remove => _inner.DisconnectedAsync -= value;
    }

    public event Func<InspectMqttPacketEventArgs, Task> InspectPacketAsync { add => _inner.InspectPacketAsync += value; remove => _inner.InspectPacketAsync -= value; }

    public bool IsConnected => _inner.IsConnected;

    public MqttClientOptions Options => _inner.Options;

    public Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken cancellationToken = default) =>
        _inner.ConnectAsync(options, cancellationToken);

    public Task DisconnectAsync(MqttClientDisconnectOptions options, CancellationToken cancellationToken = default) =>
        _inner.DisconnectAsync(options, cancellationToken);

    public Task PingAsync(CancellationToken cancellationToken = default) => _inner.PingAsync(cancellationToken);

    public virtual Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage applicationMessage, CancellationToken cancellationToken = default) =>
        _inner.PublishAsync(applicationMessage, cancellationToken);

    public Task SendEnhancedAuthenticationExchangeDataAsync(MqttEnhancedAuthenticationExchangeData data, CancellationToken cancellationToken = default) =>
        _inner.SendEnhancedAuthenticationExchangeDataAsync(data, cancellationToken);

    public Task<MqttClientSubscribeResult> SubscribeAsync(MqttClientSubscribeOptions options, CancellationToken cancellationToken = default) =>
        _inner.SubscribeAsync(options, cancellationToken);

    public Task<MqttClientUnsubscribeResult> UnsubscribeAsync(MqttClientUnsubscribeOptions options, CancellationToken cancellationToken = default) =>
        _inner.UnsubscribeAsync(options, cancellationToken);

    public void Dispose() => _inner.Dispose();

    protected virtual Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs received) => ApplicationMessageReceivedAsync?.Invoke(received) ?? Task.CompletedTask;
}
