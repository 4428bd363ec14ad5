using System.Diagnostics;

namespace VfAgent.Cni;

/// <summary>Another plugin's run.</summary>
/// <param name="ExitCode">0 when it has done what it was asked for.</param>
/// <param name="Output">A result, or an error.</param>
internal sealed record DelegateRun(int ExitCode, byte[] Output);

/// <summary>Runs other plugins as a runtime would: in this process's environment, changed where the call differs.</summary>
internal static class DelegateProcess
{
    /// <param name="file">The executable.</param>
    /// <param name="call">What it is asked for: its parameters.</param>
    /// <param name="config">Its configuration.</param>
    public static DelegateRun Run(string file, CniCall call, byte[] config)
    {
        var start = new ProcessStartInfo(file) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["CNI_COMMAND"] = call.Command;
        start.Environment["CNI_CONTAINERID"] = call.Container;
        start.Environment["CNI_NETNS"] = call.Namespace;
        start.Environment["CNI_IFNAME"] = call.Interface;
        using Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.BaseStream.Write(config);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code says why.
        }

        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        return new DelegateRun(process.ExitCode, output.ToArray());
    }
}
