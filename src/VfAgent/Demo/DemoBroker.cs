using System.Net;
using System.Net.Sockets;
using MQTTnet.Server;

namespace VfAgent.Demo;

/// <summary>A broker for one demo: on loopback only, open to everybody there, with nothing on disk.</summary>
internal sealed class DemoBroker : IAsyncDisposable
{
    private readonly MqttServer _server;

    private DemoBroker(MqttServer server, int port) => (_server, Port) = (server, port);

    public int Port { get; }

    /// <param name="port">0 takes a free one.</param>
    /// <exception cref="IOException">The port cannot be had.</exception>
    public static async Task<DemoBroker> StartAsync(int port)
    {
        MqttServerOptions options = new() { EnablePersistentSessions = true };
        MqttServerTcpEndpointOptions endpoint = options.DefaultEndpointOptions;
        (endpoint.IsEnabled, endpoint.Port) = (true, port);
        (endpoint.BoundInterNetworkAddress, endpoint.BoundInterNetworkV6Address) = (IPAddress.Loopback, IPAddress.None);

        MqttServer server = new MqttServerFactory().CreateMqttServer(options, [new NamelessClients()]);
        server.ValidatingConnectionAsync += connection =>
        {
            connection.AssignedClientIdentifier = string.IsNullOrEmpty(connection.ClientId) ? NamelessClients.NewName() : null;
            return Task.CompletedTask;
        };
        try
        {
            await server.StartAsync();
        }
        catch (SocketException exception)
        {
            server.Dispose();
            throw new IOException($"the broker cannot listen on port {port} of 127.0.0.1: {exception.Message}", exception);
        }

        // MQTTnet puts the port it was given by the kernel in place of the 0.
        return new DemoBroker(server, endpoint.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
    }
}
