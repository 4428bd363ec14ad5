using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>
/// A virtual machine with real kernel, drivers, broker and podman on emulated igb NICs: eth2 at 0000:01:00.0, eth3 at 0000:02:00.0 and so on. Its
/// scripts are bash, run as root, several at the same time if need be; <c>eventually COMMAND</c> waits until a command succeeds.
/// </summary>
public sealed class Machine : IAsyncDisposable
{
    // Building the image takes a minute or two, booting without hardware virtualisation some seconds.
    private static readonly TimeSpan _bootPatience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _jobPatience = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<int>> _jobs = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly Process _process;
    private readonly StreamWriter _orders;
    private readonly Task _listening;
    private int _lastJob;

    private Machine(string folder, int brokerPort, Process process, Stream control)
    {
        (_folder, BrokerPort, _process) = (folder, brokerPort, process);
        _orders = new StreamWriter(control) { AutoFlush = true };
        _listening = ListenAsync(new StreamReader(control));
    }

    /// <summary>The machine's mosquitto, on loopback.</summary>
    public int BrokerPort { get; }

    /// <summary>The folder that the machine has at /mnt/share.</summary>
    public string Share => Path.Combine(_folder, "share");

    private string Console => Path.Combine(_folder, "console.log");

    /// <param name="nics">How many NICs, up to 8.</param>
    public static Task<Machine> StartAsync(int nics = 2)
    {
        string folder = Directory.CreateTempSubdirectory("vfagent-machine-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "share"));
        return BootAsync(folder, nics);
    }

    /// <summary>Shuts it down in good order and boots it again with the same disk.</summary>
    public async Task<Machine> RebootAsync(int nics = 2)
    {
        await EndAsync();
        return await BootAsync(_folder, nics);
    }

    /// <summary>Runs a script that has to succeed; its output.</summary>
    public async Task<string> RunAsync(string script)
    {
        Output output = await TryAsync(script);
        return output.ExitCode == 0
            ? output.Text
            : throw new InvalidOperationException($"Exit code {output.ExitCode} of\n{script}\n{output.Text}\n{output.Errors}\nThe console's last lines:\n{LastLines()}");
    }

    /// <summary>Runs a script that may fail.</summary>
    public async Task<Output> TryAsync(string script)
    {
        string id = Interlocked.Increment(ref _lastJob).ToString(CultureInfo.InvariantCulture);
        TaskCompletionSource<int> ended = _jobs.GetOrAdd(id, _ => New());
        string Path(string ending) => System.IO.Path.Combine(Share, id + ending);
        await File.WriteAllTextAsync(Path(".sh"), script, TestContext.Current.CancellationToken);
        lock (_orders)
            _orders.WriteLine(id);

        try
        {
            int exitCode = await ended.Task.WaitAsync(_jobPatience, TestContext.Current.CancellationToken);
            return new Output(exitCode, await File.ReadAllTextAsync(Path(".out")), await File.ReadAllTextAsync(Path(".err")));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"No end in {_jobPatience} of\n{script}\nThe console's last lines:\n{LastLines()}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Machine> BootAsync(string folder, int nics)
    {
        int port = Mosquitto.FreePort();
        string socket = Path.Combine(folder, "jobs");
        File.Delete(socket);
        Process process = Start(folder, nics, port);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_bootPatience);
        try
        {
            Machine machine = new(folder, port, process, await ConnectAsync(socket, process, patience.Token));
            await machine._jobs.GetOrAdd("ready", _ => New()).Task.WaitAsync(patience.Token);
            return machine;
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static Process Start(string folder, int nics, int port)
    {
        if (!Binary.IsNative)
            throw new InvalidOperationException("The machine has no .NET: run tests/run.sh --project tests/VfAgent.Hardware.Tests, which makes the native agent.");

        string script = Path.Combine(Binary.Root, "tests", "VfAgent.Hardware.Tests", "machine", "run.sh");
        ProcessStartInfo start = new(script, [folder, nics.ToString(CultureInfo.InvariantCulture), port.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true, // ends with this process, however that ends, and takes the machine along
            Environment = { ["TEST_VFAGENT_BINARY"] = Binary.Path },
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{script} did not start");
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

    // A line for each job that has ended: its id and its exit code. The first one is "ready".
    private async Task ListenAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                string[] words = line.Split(' ');
                _jobs.GetOrAdd(words[0], _ => New()).TrySetResult(words is [_, var code] ? int.Parse(code, CultureInfo.InvariantCulture) : 0);
            }
        }
        catch (IOException)
        {
        }

        foreach (TaskCompletionSource<int> job in _jobs.Values)
            job.TrySetException(new InvalidOperationException($"The machine went down. The console's last lines:\n{LastLines()}"));
    }

    private async Task EndAsync()
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

    private string LastLines() => File.Exists(Console) ? string.Join('\n', File.ReadLines(Console).TakeLast(30)) : "";

    private static TaskCompletionSource<int> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <param name="ExitCode">The script's.</param>
/// <param name="Text">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record Output(int ExitCode, string Text, string Errors);
