using System.Net;
using System.Net.Sockets;
using System.Text;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace VfAgent.EndToEnd.Tests.Brokers;

/// <summary>A mosquitto of its own in a container.</summary>
public sealed class Mosquitto : IAsyncDisposable
{
    private const string Folder = "/mosquitto/config/";
    private readonly IContainer _container;

    private Mosquitto(IContainer container) => _container = container;

    public string Host => _container.Hostname;

    /// <summary>Starts a broker and waits until it listens.</summary>
    /// <param name="configuration">mosquitto.conf.</param>
    /// <param name="files">What lies beside it in /mosquitto/config.</param>
    /// <param name="ports">What the configuration's listeners listen on.</param>
    public static async Task<Mosquitto> StartAsync(string configuration, IEnumerable<(string Name, string Content)> files, params int[] ports)
    {
        Mosquitto broker = new(Build(configuration, files, ports.Select(port => (0, port))));
        await broker.StartAsync();
        return broker;
    }

    /// <summary>A broker on one host port that stays the same over stop and start; not started yet.</summary>
    public static Mosquitto OnPort(int hostPort, string configuration) =>
        new(Build(configuration, [], [(hostPort, 1883)]));

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public int Port(int containerPort = 1883) => _container.GetMappedPublicPort(containerPort);

    /// <summary>A listener's URL; loopback, wherever the engine is on this machine.</summary>
    public string Url(string scheme = "mqtt", int containerPort = 1883) => $"{scheme}://{Host}:{Port(containerPort)}";

    public Task StartAsync() => _container.StartAsync();

    public Task StopAsync() => _container.StopAsync();

    /// <summary>Runs a line in the container's shell, where mosquitto_pub and mosquitto_sub are and the broker is localhost.</summary>
    public async Task<string> ShellAsync(string line)
    {
        ExecResult result = await _container.ExecAsync(["sh", "-c", line], TestContext.Current.CancellationToken);
        return result.ExitCode == 0
            ? result.Stdout
            : throw new InvalidOperationException($"{line}: exit code {result.ExitCode}: {result.Stderr}");
    }

    public Task CopyAsync(byte[] content, string path) =>
        _container.CopyAsync(content, path, ct: TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _container.DisposeAsync();

    private static IContainer Build(string configuration, IEnumerable<(string Name, string Content)> files, IEnumerable<(int Host, int Container)> ports)
    {
        ContainerBuilder builder = new ContainerBuilder("eclipse-mosquitto:2")
            .WithResourceMapping(Encoding.UTF8.GetBytes(configuration), Folder + "mosquitto.conf")
            // Podman would else kill at once a broker that has its store to save.
            .WithCreateParameterModifier(parameters => parameters.StopTimeout = TimeSpan.FromSeconds(10))
            // Asked anew after every start; a line in its log may be an earlier start's.
            .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted(
                ["mosquitto_pub", "-t", "ready", "-n"],
                wait => wait.WithInterval(TimeSpan.FromMilliseconds(50)).WithTimeout(TimeSpan.FromMinutes(1))));
        foreach ((string name, string content) in files)
            builder = builder.WithResourceMapping(Encoding.UTF8.GetBytes(content), Folder + name);
        foreach ((int host, int container) in ports)
            builder = host == 0 ? builder.WithPortBinding(container, assignRandomHostPort: true) : builder.WithPortBinding(host, container);
        return builder.Build();
    }
}
