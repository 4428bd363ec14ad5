using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>A machine from power on to power off: QEMU as a process, and the socket on which jobs are sent to it and their ends told.</summary>
internal sealed class Boot : IAsyncDisposable
{
    // Building the image takes a minute or two the first time, booting without hardware virtualisation some seconds.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    // QEMU's threads may trip over each other while the guest sets up its devices (an assertion in iotlb_to_section); the next boot goes well.
    private const int Attempts = 3;

    private readonly ConcurrentDictionary<string, TaskCompletionSource<int>> _jobs = new(StringComparer.Ordinal);
    private readonly string _console;
    private readonly Process _process;
    private readonly StreamWriter _orders;
    private readonly Task _listening;

    private Boot(string console, int brokerPort, Process process, Stream control)
    {
        (_console, BrokerPort, _process) = (console, brokerPort, process);
        _orders = new StreamWriter(control) { AutoFlush = true };
        _listening = ListenAsync(new StreamReader(control));
    }

    public int BrokerPort { get; }

    /// <param name="release">Of Debian; see machine/run.sh.</param>
    /// <param name="folder">Its own.</param>
    /// <param name="nics">How many NICs.</param>
    public static async Task<Boot> StartAsync(string release, string folder, int nics)
    {
        if (!Binary.IsNative)
            throw new InvalidOperationException("The machine has no .NET: run tests/run.sh --project tests/VfAgent.Hardware.Tests, which makes the native agent.");

        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await StartOnceAsync(release, folder, nics);
            }
            catch (MachineDownException) when (attempt < Attempts)
            {
            }
        }
    }

    private static async Task<Boot> StartOnceAsync(string release, string folder, int nics)
    {
        int port = Mosquitto.FreePort();
        string socket = Path.Combine(folder, "jobs");
        File.Delete(socket);
        string script = Path.Combine(Binary.Root, "tests", "VfAgent.Hardware.Tests", "machine", "run.sh");
        Process process = new()
        {
            StartInfo = new ProcessStartInfo(script, [release, folder, nics.ToString(CultureInfo.InvariantCulture), port.ToString(CultureInfo.InvariantCulture)])
            {
                UseShellExecute = false,
                RedirectStandardInput = true, // ends with this process, however that ends, and takes the machine along
                Environment = { ["TEST_VFAGENT_BINARY"] = Binary.Path },
            },
        };
        process.Start();
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_patience);
        try
        {
            Boot boot = new(Path.Combine(folder, "console.log"), port, process, await ConnectAsync(socket, process, patience.Token));
            await boot.EndOf("ready").WaitAsync(patience.Token);
            return boot;
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    /// <summary>Has a script of the share run; its exit code.</summary>
    public Task<int> RunAsync(string id)
    {
        Task<int> end = EndOf(id);
        lock (_orders)
            _orders.WriteLine(id);
        return end;
    }

    /// <summary>What the console said last: the kernel, when something is wrong.</summary>
    public string LastLines() => File.Exists(_console) ? string.Join('\n', File.ReadLines(_console).TakeLast(30)) : "";

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            lock (_orders)
                _orders.WriteLine("end");
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _process.Kill(entireProcessTree: true);
        }

        await _listening;
        await _orders.DisposeAsync();
        _process.Dispose();
    }

    // The socket is there once the image has been built and QEMU has started, which then waits for us.
    private static async Task<Stream> ConnectAsync(string path, Process process, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The virtual machine did not start (exit code {process.ExitCode}); what it said is above.");

            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException)
            {
                socket.Dispose();
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    private Task<int> EndOf(string id) => _jobs.GetOrAdd(id, _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    // A line for each job that has ended: its id and its exit code. The first one is "ready".
    private async Task ListenAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                string[] words = line.Split(' ');
                _ = EndOf(words[0]);
                _jobs[words[0]].TrySetResult(words is [_, var code] ? int.Parse(code, CultureInfo.InvariantCulture) : 0);
            }
        }
        catch (IOException)
        {
        }

        foreach (TaskCompletionSource<int> job in _jobs.Values)
            job.TrySetException(new MachineDownException($"The machine went down. The console's last lines:\n{LastLines()}"));
    }
}

/// <summary>It has ended by itself.</summary>
public sealed class MachineDownException(string message) : Exception(message);
