using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>A host that is managed over eth3, and the change of eth3 that it is asked for: 4 VFs in place of none.</summary>
internal sealed class ManagedRig : IAsyncDisposable
{
    /// <summary>What the agent has on disk of a change that is not confirmed.</summary>
    public const string Record = $"/var/lib/vfagent/ledger/unconfirmed/{Eth3}";

    /// <summary>The change's resource.</summary>
    public const string Topic = "resources/eth3-vfs";

    /// <summary>The same wish anew.</summary>
    public const string Again = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"allowManagementNic":true,"generation":2}""";

    public const string Eth3 = "0000:02:00.0";

    private const string Resource = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"allowManagementNic":true}""";

    // The agent looks for the broker's answer every five seconds.
    private static readonly TimeSpan _paceWithoutBroker = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _pace;
    private readonly TaskCompletionSource _made = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ManagedRig(HostRig host) => (Host, _pace) = (host, host.Pace);

    public HostRig Host { get; }

    /// <summary>What else goes wrong.</summary>
    public Func<SimulatedCall, Fault> Faults { get; set; } = _ => Fault.None;

    /// <summary>The change has been made for the first time.</summary>
    public Task Made => _made.Task;

    public string NumVfs => Host.NumVfs(Eth3);

    /// <summary>The PF is as it was before, and it is on disk that the change is not to be made again.</summary>
    public bool IsUndone => NumVfs == "0" && RecordText?.Contains("regretted", StringComparison.Ordinal) == true;

    /// <summary>null when there is no record.</summary>
    public string? RecordText => Host.World.Disk.Look(Record)?.Text;

    public static async Task<ManagedRig> CreateAsync()
    {
        HostRig host = await HostRig.CreateAsync();
        host.World.Kernel.SetDefaultRoute("eth3");
        host.StartAgent();
        return new ManagedRig(host);
    }

    /// <summary>Asks for the change.</summary>
    /// <param name="meets">What becomes of it when it is made for the first time.</param>
    /// <param name="cutsOff">Whether there is no way to the broker from then on.</param>
    public Task AskAsync(Fault? meets = null, bool cutsOff = true)
    {
        Host.World.Faults = call =>
        {
            Fault other = Faults(call);
            bool isIt = call is { Kind: CallKind.Write, Value: "4" } && call.Path.EndsWith("sriov_numvfs", StringComparison.Ordinal);
            if (!isIt || Made.IsCompleted)
                return other;

            if (cutsOff)
                CutOff();
            _made.SetResult();
            return other == Fault.None ? meets ?? Fault.None : other;
        };
        return Host.PublishAsync(Payloads.ResourceTopic, Resource);
    }

    /// <inheritdoc cref="AskAsync"/>
    /// <summary>Asks for the change, and waits until it has been made.</summary>
    public async Task ChangeAsync(Fault? meets = null, bool cutsOff = true)
    {
        await AskAsync(meets, cutsOff);
        await Host.MeetAsync(Made);
    }

    /// <summary>Another agent is started.</summary>
    /// <param name="meanwhile">What happens to the host before; only its agent ends if not told.</param>
    public async Task NextAgentAsync(Action<SimulatedWorld>? meanwhile = null)
    {
        await Host.StopAgentAsync();
        Host.Board.Clear();
        (meanwhile ?? (world => world.Restart()))(Host.World);
        Host.World.Kernel.SetDefaultRoute("eth3");
        Host.StartAgent();
    }

    /// <summary>Waits for what no message tells of.</summary>
    public Task UntilAsync(Func<bool> met) => Host.Board.WaitForAsync("agent", _ => met());

    public Task ADayPassesAsync() => Host.PassAsync(TimeSpan.FromDays(1));

    /// <summary>There is no way to the broker any more.</summary>
    public void CutOff()
    {
        Host.Broker.StopAsync().GetAwaiter().GetResult();
        Host.Pace = _paceWithoutBroker;
    }

    /// <summary>There is a way to the broker again, and the agent has had the time to find it.</summary>
    public async Task BrokerIsBackAsync()
    {
        await Host.Broker.StartAsync();
        Host.Pace = _pace;
        await Host.PassAsync(TimeSpan.FromMinutes(1));
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
