using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Fleet;

namespace VfAgent.EndToEnd.Tests.Hosts;

/// <summary>One host: folders in place of /etc and /var, an agent on simulated NICs, and its controller's view.</summary>
public sealed class TestHost : IAsyncDisposable
{
    private readonly List<AgentProcess> _agents = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("vfagent-test-").FullName;
    private readonly string _simulate;
    private Controller? _controller;

    /// <param name="simulate">Its NICs, such as <c>igb:2</c>.</param>
    /// <param name="id">The host's id; by default one that no other test has.</param>
    public TestHost(string simulate, string? id = null)
    {
        _simulate = simulate;
        Id = id ?? $"host-{Guid.NewGuid():N}"[..17];
        Directory.CreateDirectory(Conflists);
        Directory.CreateDirectory(CdiSpecs);
        Directory.CreateDirectory(State);
    }

    public string Id { get; }

    public Controller Controller => _controller ?? throw new InvalidOperationException("There is no controller before WatchAsync.");

    /// <summary>The session of the last birth message waited for.</summary>
    public string? Session { get; private set; }

    /// <summary>The agent started last.</summary>
    public AgentProcess Agent => _agents[^1];

    public string Conflists => Path.Combine(_folder, "net.d");

    public string CdiSpecs => Path.Combine(_folder, "cdi");

    public string State => Path.Combine(_folder, "state");

    public string BootstrapFile => Path.Combine(_folder, "config.json");

    /// <summary>A host whose agent runs and has said so; more settings are such as <c>--Mqtt:UserName=x</c>.</summary>
    public static async Task<TestHost> StartAsync(Mosquitto broker, string simulate, string? id = null, params string[] settings)
    {
        TestHost host = new(simulate, id);
        try
        {
            await host.WatchAsync(broker);
            host.StartAgent(broker.Url(), settings);
            await host.OnlineAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects the controller, anew after a broker was started again.</summary>
    public async Task WatchAsync(Mosquitto broker)
    {
        await StopWatchingAsync();
        _controller = await Controller.ConnectAsync(broker, Id);
    }

    public AgentProcess StartAgent(string server, params string[] settings)
    {
        AgentProcess agent = AgentProcess.Start([
            "run",
            $"--Agent:HostId={Id}",
            $"--Agent:Simulate={_simulate}",
            $"--Agent:StateDirectory={State}",
            $"--Agent:BootstrapFile={BootstrapFile}",
            $"--Cni:ConflistDirectory={Conflists}",
            $"--Cdi:Directory={CdiSpecs}",
            $"--Podman:NetworkDirectory={Path.Combine(_folder, "networks")}",
            "--Runtime:Backends=cni", // whatever this machine has
            $"--Mqtt:Server={server}",
            .. settings]);
        _agents.Add(agent);
        return agent;
    }

    /// <summary>Waits for a birth message of another run than the one last waited for.</summary>
    public async Task OnlineAsync()
    {
        Task<JsonNode> waiting = Controller.StatusAsync("agent", status => (string?)status["state"] == "ONLINE" && (string?)status["sessionId"] != Session);
        Task ended = Agent.ExitAsync();
        Assert.True(await Task.WhenAny(waiting, ended) == waiting, "The agent ended instead of going online.");
        JsonNode birth = await waiting;
        Session = (string?)birth["sessionId"];
    }

    /// <summary>Sends vf-operator's example, a resource and an attachment, and waits until both are as asked.</summary>
    public async Task TakeExampleAsync()
    {
        await Controller.ConfigureAsync("resources/eth3-vfs", Payloads.Resource);
        await Controller.ConfigureAsync("networkattachments/f1-u", Payloads.Attachment);
        await Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
    }

    /// <summary>Waits for a file, for when no message tells of it.</summary>
    public static async Task UntilExistsAsync(string path)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10));
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!File.Exists(path))
            await timer.WaitForNextTickAsync(deadline.Token);
    }

    /// <summary>Settings with a client certificate in this name, and this authority as the only one trusted.</summary>
    public string[] Credentials(CertificateAuthority authority, string name)
    {
        (string certificate, string key) = authority.Issue(name);
        return
        [
            "--Mqtt:CaFile=" + Put("ca.pem", authority.Certificate),
            "--Mqtt:CertificateFile=" + Put("agent.pem", certificate),
            "--Mqtt:KeyFile=" + Put("agent.key", key),
        ];
    }

    public string[] Password(string user, string content) => ["--Mqtt:UserName=" + user, "--Mqtt:PasswordFile=" + Put("password", content)];

    public string Conflist(string name) => Path.Combine(Conflists, $"vfagent-{name}.conflist");

    /// <summary>Everything the agent may write except its state, with what would show a rewrite: path, inode, time and content of each file.</summary>
    public string Written(string? except = null)
    {
        IEnumerable<string> files = new[] { Conflists, CdiSpecs }
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Where(file => file != except)
            .Order(StringComparer.Ordinal)
            .Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O}\n{File.ReadAllText(file)}");
        return string.Join('\n', files);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AgentProcess agent in _agents)
            await agent.DisposeAsync();
        await StopWatchingAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StopWatchingAsync()
    {
        if (_controller is not { } watching)
            return;

        _controller = null;
        await watching.DisposeAsync();
    }

    private string Put(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
