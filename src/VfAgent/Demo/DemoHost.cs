using Microsoft.Extensions.Logging;
using VfAgent.Linux.Files;
using VfAgent.Mqtt;
using VfAgent.Options;
using VfAgent.Simulation;

namespace VfAgent.Demo;

/// <summary>The agent on a host whose NICs are simulated and whose files are real ones in a temporary folder: all code between the two is production's.</summary>
internal sealed class DemoHost : IAsyncDisposable
{
    public const string Id = "demo";

    private readonly SimulatedWorld _world = new([NicModel.Igb, NicModel.Igb], TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();

    private DemoHost(int brokerPort, ILoggerFactory loggers)
    {
        Folder = Directory.CreateTempSubdirectory("vfagent-demo-").FullName;
        Settings settings = Load(
            $"--Agent:HostId={Id}",
            $"--Agent:StateDirectory={Folder}/state",
            $"--Agent:BootstrapFile={Folder}/config.json",
            $"--Mqtt:Server=mqtt://127.0.0.1:{brokerPort}",
            $"--Cni:ConflistDirectory={Folder}/cni",
            $"--Cdi:Directory={Folder}/cdi");
        var agent = new Agent(
            settings, _world.Kernel, new LinuxDisk(), TimeProvider.System, Random.Shared, WiredClient.Create, loggers);
        Running = agent.RunAsync(_stop.Token);
    }

    /// <summary>Everything that the agent writes is in here.</summary>
    public string Folder { get; }

    /// <summary>Ends when the agent does.</summary>
    public Task<SessionEnd> Running { get; }

    public static DemoHost Start(int brokerPort, ILoggerFactory loggers) => new(brokerPort, loggers);

    public static string NumVfsPath(string pf) => $"/sys/bus/pci/devices/{pf}/sriov_numvfs";

    /// <summary>What is on the host, looked at without the agent: sriov_numvfs of the PFs, sizes of the conflists.</summary>
    public IEnumerable<string[]> Remains()
    {
        foreach (string pf in new[] { "0000:01:00.0", "0000:02:00.0" })
            yield return [NumVfsPath(pf), _world.Kernel.Read(NumVfsPath(pf)).ValueOr("?")!];

        foreach (string conflist in Directory.GetFiles(Path.Combine(Folder, "cni")).Order(StringComparer.Ordinal))
            yield return [conflist, $"{new FileInfo(conflist).Length} bytes"];
    }

    /// <summary>Somebody with root does to the host what the agent does not know of.</summary>
    public async Task WriteNumVfsAsync(string pf, string count)
    {
        if (await _world.Kernel.RunAsync(() => _world.Kernel.Write(NumVfsPath(pf), count)) is { } error)
            throw new IOException(error.ToString());
    }

    /// <summary>Stops the agent as systemd would. What it made stays.</summary>
    public async Task StopAgentAsync()
    {
        await _stop.CancelAsync();
        await Running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)Running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _world.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static Settings Load(params string[] arguments)
    {
        // Neither this machine's settings file nor its environment is the demo's business.
        var sources = new SettingsSources(arguments, new Dictionary<string, string>(StringComparer.Ordinal), Id, DefaultFile: "");
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(sources);
        return settings ?? throw new InvalidOperationException(string.Join("; ", errors));
    }
}
