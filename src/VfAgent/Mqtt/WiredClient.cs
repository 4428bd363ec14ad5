using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Implementations;
using MQTTnet.Packets;

namespace VfAgent.Mqtt;

/// <summary>
/// MQTTnet's client with its packets reported to a <see cref="Wire"/>. Its own keep-alive is switched off: that looks at the clock four times a
/// second, on hosts where the agent should cost nothing while nothing happens.
/// </summary>
internal static class WiredClient
{
    public static IMqttClient Create(Wire wire) => new MqttClientFactory().CreateMqttClient(new AdapterFactory(wire));

    private sealed class AdapterFactory(Wire wire) : IMqttClientAdapterFactory
    {
        private readonly MqttClientAdapterFactory _inner = new();

        public IMqttChannelAdapter CreateClientAdapter(MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger)
        {
            (wire.KeepAlive, options.KeepAlivePeriod) = (options.KeepAlivePeriod, TimeSpan.Zero);
            return new Adapter(_inner.CreateClientAdapter(options, packetInspector, logger), wire);
        }
    }

    private sealed class Adapter(IMqttChannelAdapter inner, Wire wire) : IMqttChannelAdapter
    {
        public long BytesReceived => inner.BytesReceived;

        public long BytesSent => inner.BytesSent;

        public X509Certificate2 ClientCertificate => inner.ClientCertificate;

        public EndPoint RemoteEndPoint => inner.RemoteEndPoint;

        public EndPoint LocalEndPoint => inner.LocalEndPoint;

        public bool IsSecureConnection => inner.IsSecureConnection;

        public MqttPacketFormatterAdapter PacketFormatterAdapter => inner.PacketFormatterAdapter;

        public async Task ConnectAsync(CancellationToken cancellationToken)
        {
            await inner.ConnectAsync(cancellationToken);
            wire.Connected(inner.RemoteEndPoint);
        }

        public Task DisconnectAsync(CancellationToken cancellationToken) => inner.DisconnectAsync(cancellationToken);

        public void ResetStatistics() => inner.ResetStatistics();

        public void Dispose() => inner.Dispose();

        public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
        {
            wire.Sending(packet);
            return inner.SendPacketAsync(packet, cancellationToken);
        }

        public async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
        {
            MqttPacket? packet = null;
            try
            {
                return packet = await inner.ReceivePacketAsync(cancellationToken);
            }
            finally
            {
                wire.Received(packet);
            }
        }
    }
}
