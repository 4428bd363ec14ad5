using System.Net;
using MQTTnet.Packets;

namespace VfAgent.Mqtt;

/// <summary>
/// What one connection's packets tell and MQTTnet's client does not: why the broker closed it, before whatever else fails of it, and which
/// keep-alive holds. Whoever carries the packets reports each one here; several threads do.
/// </summary>
/// <param name="contact">Is told of the broker; null when nobody wants to know.</param>
internal sealed class Wire(BrokerContact? contact = null)
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile MqttDisconnectPacket? _disconnect;

    /// <summary>The longest time between two packets of ours; none when zero. The broker may set another one than we asked for (MQTT 5 §3.2.2.3.14).</summary>
    public TimeSpan KeepAlive { get; set; }

    /// <summary>The broker's reason, when it gave one.</summary>
    public MqttDisconnectPacket? Disconnect => _disconnect;

    /// <summary>Ends when all that the broker has sent was read.</summary>
    public Task Closed => _closed.Task;

    /// <summary>There is a connection.</summary>
    /// <param name="broker">The other end; null when it is not known.</param>
    public void Connected(EndPoint? broker) => contact?.Reach((broker as IPEndPoint)?.Address);

    public void Sending(MqttPacket packet)
    {
        if (packet is MqttConnectPacket connect)
            connect.KeepAlivePeriod = (ushort)KeepAlive.TotalSeconds;
    }

    /// <param name="packet">null when there will be no more.</param>
    public void Received(MqttPacket? packet)
    {
        if (packet is null)
            contact?.Lose();
        else
            contact?.Hear();

        switch (packet)
        {
            case null:
                _closed.TrySetResult();
                break;
            case MqttConnAckPacket { ServerKeepAlive: > 0 } connack:
                KeepAlive = TimeSpan.FromSeconds(connack.ServerKeepAlive);
                // Or MQTTnet would begin to ping.
                connack.ServerKeepAlive = 0;
                break;
            case MqttDisconnectPacket disconnect:
                _disconnect = disconnect;
                _closed.TrySetResult();
                break;
        }
    }
}
