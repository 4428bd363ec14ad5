using System.Globalization;

namespace VfAgent.Hardware.Tests.Machines;

/// <summary>
/// A virtual machine with real kernel, drivers, broker and podman on emulated igb NICs: eth2 at 0000:01:00.0, eth3 at 0000:02:00.0 and so on. Its
/// scripts are bash, run as root, several at the same time if need be; <c>eventually COMMAND</c> waits until a command succeeds.
/// </summary>
public sealed class Machine : IAsyncDisposable
{
    /// <summary>Its podman has CNI networks.</summary>
    public const string Debian12 = "bookworm";

    /// <summary>Its podman has netavark.</summary>
    public const string Debian13 = "trixie";

    /// <summary>What most tests run on; all of the other release's too, when that is asked for.</summary>
    public static readonly string Release = Environment.GetEnvironmentVariable("TEST_MACHINE") ?? Debian12;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);
    private static int _lastJob;

    private readonly string _folder = Directory.CreateTempSubdirectory("vfagent-machine-").FullName;
    private readonly string _release;
    private readonly int _nics;
    private Boot? _boot;

    private Machine(string release, int nics)
    {
        (_release, _nics) = (release, nics);
        Directory.CreateDirectory(Share);
    }

    /// <summary>The machine's mosquitto, on loopback; another port after a reboot.</summary>
    public int BrokerPort => Running.BrokerPort;

    /// <summary>The folder that the machine has at /mnt/share.</summary>
    public string Share => Path.Combine(_folder, "share");

    private Boot Running => _boot ?? throw new InvalidOperationException("The machine does not run.");

    /// <param name="release">Of Debian; <see cref="Release"/> when not given.</param>
    /// <param name="nics">How many NICs, up to 8.</param>
    public static async Task<Machine> StartAsync(string? release = null, int nics = 2)
    {
        Machine machine = new(release ?? Release, nics);
        await machine.RebootAsync();
        return machine;
    }

    /// <summary>Shuts it down in good order and boots it again with the same disk.</summary>
    public async Task RebootAsync()
    {
        await EndAsync();
        _boot = await Boot.StartAsync(_release, _folder, _nics);
    }

    /// <summary>Runs a script that has to succeed; its output.</summary>
    public async Task<string> RunAsync(string script)
    {
        Output output = await TryAsync(script);
        return output.ExitCode == 0
            ? output.Text
            : throw new InvalidOperationException($"Exit code {output.ExitCode} of\n{script}\n{output.Text}\n{output.Errors}\nThe console's last lines:\n{Running.LastLines()}");
    }

    /// <summary>Runs a script that may fail.</summary>
    public async Task<Output> TryAsync(string script)
    {
        string id = Interlocked.Increment(ref _lastJob).ToString(CultureInfo.InvariantCulture);
        string Path(string ending) => System.IO.Path.Combine(Share, id + ending);
        await File.WriteAllTextAsync(Path(".sh"), script, TestContext.Current.CancellationToken);
        try
        {
            int exitCode = await Running.RunAsync(id).WaitAsync(_patience, TestContext.Current.CancellationToken);
            return new Output(exitCode, await File.ReadAllTextAsync(Path(".out")), await File.ReadAllTextAsync(Path(".err")));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"No end in {_patience} of\n{script}\nThe console's last lines:\n{Running.LastLines()}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task EndAsync()
    {
        if (_boot is { } running)
            await running.DisposeAsync();
        _boot = null;
    }
}

/// <param name="ExitCode">The script's.</param>
/// <param name="Text">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record Output(int ExitCode, string Text, string Errors);
