using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using VfAgent.Core.Kernel;
using VfAgent.Mqtt;
using VfAgent.Options;
using VfAgent.Simulation;
using VfAgent.Tests.Mqtt;

namespace VfAgent.Tests.Stories;

/// <summary>The whole agent, a real broker and a simulated host in one process. Time passes while a test waits, and faster than it does.</summary>
internal sealed class HostRig : IAsyncDisposable
{
    public const string ConflistDirectory = "/etc/cni/net.d";
    public const string CdiDirectory = "/etc/cdi";

    private const string Host = "vfagent/v1/hosts/h1/";
    private const string JsonStatus = Host + "json/status/";

    private const string Subscribed = "broker SUBSCRIBED vfagent/v1/hosts/h1/config/#";

    private readonly Journal _journal = new();
    private readonly AgentLog _log = new();
    private readonly ConcurrentDictionary<string, long> _retained = new(StringComparer.Ordinal);
    private volatile int _published;
    private DateTime _lastPublish;
    private int _subscribedBefore;
    private CancellationTokenSource? _stop;
    private Task<SessionEnd>? _running;
    private volatile IMqttClient? _client;
    private volatile bool _connects;

    private HostRig(string nics, SimulationOptions? options)
    {
        Assert.True(SimulatedNics.TryParse(nics, out IReadOnlyList<NicModel>? models, out _));
        Broker = new TestBroker(_journal);
        World = new SimulatedWorld(models, Time, options ?? SimulationOptions.Immediate);
        Board.Meanwhile = LetTimePass;
        Board.Diagnosis = () => $"The agent's log:\n{_log}\n{_running?.Exception}";
        Broker.OnPublish = publish =>
        {
            if (publish.ApplicationMessage.Topic.StartsWith(JsonStatus, StringComparison.Ordinal))
                Board.Take(publish.ApplicationMessage.Topic[JsonStatus.Length..], publish.ApplicationMessage.ConvertPayloadToString() ?? "");
            if (publish.ClientId == "vfagent-h1")
                (_published, _lastPublish) = (_published + 1, DateTime.UtcNow);
            _retained[publish.ApplicationMessage.Topic] = publish.ApplicationMessage.Payload.Length;
        };
    }

    public SimulatedWorld World { get; }

    /// <summary>What the agent has for the simulated kernel, which another one may stand in front of.</summary>
    public Func<IKernel, IKernel>? Kernel { get; set; }

    public TestBroker Broker { get; }

    public StatusBoard Board { get; } = new();

    /// <summary>The agent's and the host's.</summary>
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    /// <summary>How much time passes whenever a test that waits has looked again.</summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How many messages the agent has published.</summary>
    public int Published => _published;

    /// <summary>The agent has not published anything for a while.</summary>
    public bool IsQuiet => DateTime.UtcNow - _lastPublish > TimeSpan.FromMilliseconds(500);

    /// <summary>The size of a topic's newest message; null when there is none or it was removed.</summary>
    public long? Retained(string topic) => _retained.TryGetValue(Host + topic, out long size) && size > 0 ? size : null;

    public static async Task<HostRig> CreateAsync(string nics = "igb:2", SimulationOptions? options = null)
    {
        var rig = new HostRig(nics, options);
        await rig.Broker.StartAsync();
        return rig;
    }

    /// <summary>With the resource of <see cref="Payloads"/>, in sync.</summary>
    public static async Task<HostRig> WithResourceAsync()
    {
        HostRig rig = await CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        return rig;
    }

    /// <summary>With the resource and the attachment of <see cref="Payloads"/>, both in sync.</summary>
    public static async Task<HostRig> InSyncAsync()
    {
        HostRig rig = await WithResourceAsync();
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 2);
        return rig;
    }

    public void StartAgent(params string[] arguments)
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(new SettingsSources(
            ["--Agent:HostId=h1", $"--Mqtt:Server=mqtt://127.0.0.1:{Broker.Port}", "--Agent:StateDirectory=/var/lib/vfagent", .. arguments],
            new Dictionary<string, string>(StringComparer.Ordinal), "h1", "/nonexistent"));
        Assert.Empty(errors);
        _subscribedBefore = _journal.Count(Subscribed);
        _stop = new CancellationTokenSource();
        var agent = new Agent(
            settings!, Kernel?.Invoke(World.Kernel) ?? World.Kernel, World.Disk, Time, Random.Shared, NewClient,
            LoggerFactory.Create(log => log.AddProvider(_log)))
        {
            // The memory is the test's own, and time that is made to pass is full of calm.
            TrimMemory = () => { },
        };
        _running = agent.RunAsync(_stop.Token);
    }

    /// <summary>Waits until the replay has settled and the broker says of what is published now whether it was retained.</summary>
    public Task SettledAsync() => SubscribedAsync(2);

    /// <summary>The next write of it hangs; nothing else goes wrong.</summary>
    /// <param name="path">The attribute.</param>
    /// <param name="value">What is written; anything if not told.</param>
    /// <returns>Ends when it does.</returns>
    public Task HangAtWrite(string path, string? value = null) =>
        MeetFault(call => call.Kind == CallKind.Write && call.Path == path && (value ?? call.Value) == call.Value, Fault.Hang);

    /// <summary>A call of the agent meets a fault; nothing else goes wrong.</summary>
    /// <param name="which">The first of these.</param>
    /// <param name="fault">What it meets.</param>
    /// <returns>Ends when it does.</returns>
    public Task MeetFault(Func<SimulatedCall, bool> which, Fault fault)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        World.Faults = call => which(call) && met.TrySetResult() ? fault : Fault.None;
        return met.Task;
    }

    /// <summary>Waits for what the agent does in its own time.</summary>
    public async Task MeetAsync(Task met) => await Board.WaitForAsync("agent", _ => met.IsCompleted);

    /// <summary>Lets that much time pass, in a few steps, so that the agent does what becomes due meanwhile, and a little more.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        TimeSpan pace = Pace;
        Pace = time / 5;
        DateTimeOffset end = Time.GetUtcNow() + time + Pace;
        await Board.WaitForAsync("agent", _ => Time.GetUtcNow() >= end);
        Pace = pace;
    }

    /// <summary>As systemd does after a failure.</summary>
    public async Task RestartWhenItEndsAsync(params string[] arguments)
    {
        while (_running is { } running)
        {
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop!.IsCancellationRequested)
                return;
            StartAgent(arguments);
        }
    }

    /// <summary>Waits until the agent ends because it cannot go on.</summary>
    /// <returns>Why.</returns>
    public async Task<string> FailureAsync() => (await Assert.ThrowsAsync<IOException>(() => _running!)).Message;

    /// <summary>Stops the agent, or buries one that has died.</summary>
    public async Task StopAgentAsync()
    {
        if (_running is null)
            return;

        await _stop!.CancelAsync();
        await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _running = null;
    }

    /// <param name="topic">Below the host's own.</param>
    /// <param name="payload">JSON; empty deletes.</param>
    /// <param name="retain">As operators should.</param>
    public async Task PublishAsync(string topic, string payload, bool retain = true) =>
        await PublishAsync(topic, Encoding.UTF8.GetBytes(payload), retain);

    // This broker reads what it retains before it adds the subscription: what is published in between reaches nobody.
    public async Task PublishAsync(string topic, byte[] payload, bool retain = true)
    {
        if (_running is { IsCompleted: false })
            await SubscribedAsync(1);
        await Broker.PublishAsync(Host + topic, payload, retain);
    }

    /// <summary>The text of a conflist of ours; null when there is none.</summary>
    public string? Conflist(string attachment) => World.Disk.Look($"{ConflistDirectory}/vfagent-{attachment}.conflist")?.Text;

    /// <summary>The device that a conflist of ours hands out.</summary>
    public string? Device(string attachment, string key = "deviceID") => Conflist(attachment) is { } text
        ? JsonNode.Parse(text)!["plugins"]![0]![key]?.GetValue<string>()
        : null;

    /// <summary>Writes to anything but the agent's own folder.</summary>
    public int HostWrites => World.Log.Count(entry => !entry.Call.Path.StartsWith("/var/lib/vfagent", StringComparison.Ordinal));

    public string NumVfs(string pf) => World.Others.Read($"/sys/bus/pci/devices/{pf}/sriov_numvfs").Value!;

    /// <summary>What the agent has logged.</summary>
    public string Log => _log.ToString();

    /// <summary>Every file on the host that outlives it, with its content.</summary>
    public string Files() => string.Join('\n', World.Disk.Files().Where(path => !path.StartsWith("/run/", StringComparison.Ordinal)).Select(path => $"{path}: {World.Disk.Look(path)!.Text}"));

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        await Broker.DisposeAsync();
        World.Dispose();
    }
    private async Task SubscribedAsync(int times) => await Board.WaitForAsync("agent", _ => _journal.Count(Subscribed) >= _subscribedBefore + times);

    private IMqttClient NewClient(Wire wire)
    {
        IMqttClient client = WiredClient.Create(wire);
        client.ConnectingAsync += _ => NoteAsync(connects: true);
        client.ConnectedAsync += _ => NoteAsync(connects: false);
        client.DisconnectedAsync += _ => NoteAsync(connects: false);
        return _client = client;

        Task NoteAsync(bool connects)
        {
            _connects = connects;
            return Task.CompletedTask;
        }
    }

    // What comes over a socket takes real time. So time stands still while the agent connects, for its deadlines would pass meanwhile, and until a
    // broker that was stopped has been heard to its end.
    private void LetTimePass()
    {
        TimeSpan pace = Pace;
        if (!_connects && !(Broker.IsStopped && _client is { IsConnected: true }))
            Time.Advance(pace);
    }
}
