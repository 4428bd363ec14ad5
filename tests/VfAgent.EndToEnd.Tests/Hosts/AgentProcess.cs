using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace VfAgent.EndToEnd.Tests.Hosts;

/// <summary>The built agent as a process of its own. Its output goes to the test's, which shows it when the test fails.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Signal _said = new();

    private AgentProcess(Process process) => _process = process;

    /// <summary>Everything written to stdout and stderr so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public bool Running => !_process.HasExited;

    public int Id => _process.Id;

    public static AgentProcess Start(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(Binary.Path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = new() { StartInfo = start };
        AgentProcess agent = new(process);
        process.OutputDataReceived += agent.Note;
        process.ErrorDataReceived += agent.Note;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return agent;
    }

    /// <summary>Runs it to its end and returns its exit code; <see cref="Output"/> is complete then.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(_patience, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Waits until its output has a match.</summary>
    public Task SaysAsync([StringSyntax(StringSyntaxAttribute.Regex)] string pattern) =>
        _said.UntilAsync(() => Regex.IsMatch(Output, pattern, RegexOptions.None, _patience), () => $"The agent did not say {pattern}:\n{Output}");

    /// <summary>Asks it to stop, as systemd does (SIGTERM).</summary>
    public Task<int> StopAsync()
    {
        _ = NativeMethods.Kill(_process.Id, SigTerm);
        return ExitAsync();
    }

    /// <summary>Ends it without a chance to do anything about it (SIGKILL).</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Running)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"--- vfagent {string.Join(' ', _process.StartInfo.ArgumentList)}\n{Output}");
        _process.Dispose();
    }

    private void Note(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;

        lock (_output)
            _output.AppendLine(line.Data);
        _said.Set();
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int process, int signal);
    }
}
