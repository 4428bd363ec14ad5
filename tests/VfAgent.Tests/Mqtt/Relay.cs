using System.Net;
using System.Net.Sockets;

namespace VfAgent.Tests.Mqtt;

/// <summary>A cable between agent and broker that can be cut: neither side says goodbye.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _ends = [];
    private readonly int _brokerPort;

    public Relay(int brokerPort)
    {
        _brokerPort = brokerPort;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Cut()
    {
        lock (_ends)
        {
            _ends.ForEach(end => end.Dispose());
            _ends.Clear();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient agent;
            try
            {
                agent = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            TcpClient broker = new();
            await broker.ConnectAsync(IPAddress.Loopback, _brokerPort);
            lock (_ends)
                _ends.AddRange([agent, broker]);

            _ = CopyAsync(agent, broker);
            _ = CopyAsync(broker, agent);
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }

        to.Dispose();
    }
}
