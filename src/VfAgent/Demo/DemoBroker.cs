using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MQTTnet.Server;

namespace VfAgent.Demo;

/// <summary>A broker for one demo: on loopback only, open to everybody there, with nothing on disk.</summary>
internal sealed class DemoBroker : IAsyncDisposable
{
    private readonly MqttServer _server;
    private readonly MqttServerTcpEndpointOptions _endpoint;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _subscribed = new(StringComparer.Ordinal);

    private DemoBroker(MqttServer server, MqttServerTcpEndpointOptions endpoint)
    {
        (_server, _endpoint) = (server, endpoint);
        server.ClientSubscribedTopicAsync += subscription =>
        {
            Subscribed(subscription.TopicFilter.Topic).TrySetResult();
            return Task.CompletedTask;
        };
    }

    /// <summary>Where it listens: MQTTnet puts the port that the kernel chose in place of a 0.</summary>
    public int Port => _endpoint.Port;

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
        var broker = new DemoBroker(server, endpoint);
        try
        {
            await server.StartAsync();
            return broker;
        }
        catch (SocketException exception)
        {
            server.Dispose();
            throw new IOException($"the broker cannot listen on port {port} of 127.0.0.1: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Waits until somebody has subscribed to exactly this filter. MQTTnet loses a retained message that is published while a subscription to it is
    /// being made: it looks for retained messages first and adds the subscription afterwards.
    /// </summary>
    /// <exception cref="TimeoutException">Nobody has in time.</exception>
    public async Task WaitForSubscriptionAsync(string filter, TimeSpan patience, CancellationToken stop)
    {
        try
        {
            await Subscribed(filter).Task.WaitAsync(patience, TimeProvider.System, stop);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"waited {patience.TotalSeconds:0.#} s for a subscription to {filter}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
    }

    private TaskCompletionSource Subscribed(string filter) =>
        _subscribed.GetOrAdd(filter, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
