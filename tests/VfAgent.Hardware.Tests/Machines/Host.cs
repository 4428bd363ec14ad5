using VfAgent.EndToEnd.Tests.Fleet;

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>The machine as one host of a fleet: NICs that nobody has touched, an agent with its default settings, and the controller's view.</summary>
public sealed class Host : IAsyncDisposable
{
    // A test that failed may have left anything behind.
    private const string Clean = """
        podman rm -fa -t 0 >/dev/null
        ip link del br0 2>/dev/null || true
        if [[ -s /run/vfagent.pid ]]; then kill "$(cat /run/vfagent.pid)" 2>/dev/null || true; fi
        eventually bash -c '! pgrep -x vfagent'
        rm -rf /etc/cni/net.d/* /etc/containers/networks /etc/cdi /var/lib/vfagent /etc/vfagent /run/vfagent
        for pf in /sys/bus/pci/devices/*/sriov_numvfs; do
          if [[ $(cat "$pf") != 0 ]]; then echo 0 >"$pf"; fi
          echo 1 >"${pf%numvfs}drivers_autoprobe"
        done
        udevadm settle
        for netdev in /sys/class/net/eth*; do
          ip link set "${netdev##*/}" down mtu 1500
        done
        """;

    private readonly string _id = $"host-{Guid.NewGuid():N}"[..17];
    private Controller? _controller;

    private Host(Machine machine) => Machine = machine;

    public Machine Machine { get; }

    public Controller Controller => _controller ?? throw new InvalidOperationException("The host is not watched.");

    public string Topics => $"vfagent/v1/hosts/{_id}";

    /// <summary>NICs that nobody has touched, and nothing left of an earlier agent.</summary>
    public static Task CleanAsync(Machine machine) => machine.RunAsync(Clean);

    public static async Task<Host> StartAsync(Machine machine)
    {
        Host host = new(machine);
        try
        {
            await CleanAsync(machine);
            await host.WatchAsync();
            await host.StartAgentAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async Task StartAgentAsync()
    {
        await LaunchAgentAsync();
        await Controller.StatusAsync("agent", status => (string?)status["state"] == "ONLINE");
        await Controller.StatusAsync("discovery", _ => true);
    }

    /// <summary>Starts it and does not wait for a broker to hear of it.</summary>
    public Task LaunchAgentAsync() => RunAsync($"""
        {Package.Install}
        setsid vfagent run --Agent:HostId={_id} --Mqtt:Server=mqtt://127.0.0.1:1883 >>/var/log/vfagent.log 2>&1 3>&- &
        echo $! >/run/vfagent.pid
        """);

    /// <summary>Runs a script in the machine; its output.</summary>
    public Task<string> RunAsync(string script) => Machine.RunAsync(script);

    /// <summary>Publishes config as an operator in a shell does; the whole document without a topic.</summary>
    public Task PublishAsync(string topic, string payload) =>
        RunAsync($"mosquitto_pub -r -q 1 -t '{Topics}/config{(topic.Length == 0 ? "" : "/")}{topic}' -m '{payload}'");

    public async Task RebootAsync()
    {
        await StopWatchingAsync();
        await Machine.RebootAsync();
    }

    public async Task WatchAsync() => _controller = await Controller.ConnectAsync("127.0.0.1", Machine.BrokerPort, _id);

    public async ValueTask DisposeAsync()
    {
        // A test that fails shows its output.
        TestContext.Current.TestOutputHelper?.WriteLine((await Machine.TryAsync("tail -n 60 /var/log/vfagent.log; dmesg | tail -n 20")).Text);
        await StopWatchingAsync();
    }

    private async Task StopWatchingAsync()
    {
        if (_controller is { } watching)
            await watching.DisposeAsync();
        _controller = null;
    }
}
