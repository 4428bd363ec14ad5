using System.ComponentModel;
using System.Diagnostics;

namespace VfAgent.Doctor;

/// <param name="ExitCode">-1 when the program was stopped because it did not end.</param>
/// <param name="Output">What it wrote to standard output, trimmed.</param>
/// <param name="Error">What it wrote to standard error, trimmed.</param>
internal sealed record CommandAnswer(int ExitCode, string Output, string Error)
{
    /// <summary>Why there is no answer, in one line.</summary>
    public string Problem => Error.Split('\n')[^1] is { Length: > 0 } line ? line : $"exit code {ExitCode}, \"{Output}\"";
}

/// <summary>Runs a program that is asked something, and gives it only so long.</summary>
internal static class Command
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(15);

    /// <returns>null when there is no such program on the PATH.</returns>
    public static async Task<CommandAnswer?> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeProvider time, CancellationToken stop)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using CancellationTokenSource timeout = new(_deadline, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
        using Process? process = TryStart(start);
        if (process is null)
            return null;

        process.StandardInput.Close();
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(either.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return new CommandAnswer(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new CommandAnswer(-1, "", $"{program} did not answer within {_deadline.TotalSeconds} s");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process? TryStart(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
