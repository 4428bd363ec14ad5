using System.Runtime.InteropServices;
using MQTTnet;
using VfAgent.Linux.Files;
using VfAgent.Options;

namespace VfAgent.Doctor;

/// <summary><c>vfagent doctor</c>: looks at all that the agent and its containers depend on, and says what to do. It changes nothing.</summary>
internal static class DoctorVerb
{
    // Of a file or pipe, and the widest that reads well.
    private const int Width = 120;
    private const int Narrowest = 60;

    /// <returns>0, or 1 when something failed.</returns>
    public static async Task<int> RunAsync(Settings settings)
    {
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration control = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            // Not at once, so that what was put to the broker is taken back; a second time ends it.
            signal.Cancel = !interrupted.IsCancellationRequested;
            interrupted.Cancel();
        });
        IReadOnlyList<Area> areas = DoctorAreas.Of(
            settings,
            AgentHost.Kernel(settings),
            new LinuxDisk(),
            (arguments, stop) => Command.RunAsync("podman", arguments, TimeProvider.System, stop),
            () => new MqttClientFactory().CreateMqttClient(),
            TimeProvider.System,
            interrupted.Token);
        try
        {
            IReadOnlyList<AreaFindings> found = await new Examination(areas, TimeProvider.System).RunAsync(interrupted.Token);
            string simulated = settings.Agent.Simulate is { } nics ? $" with simulated NICs ({nics})" : "";
            Report().Write($"vfagent {Agent.Version} looks at host {settings.Agent.HostId}{simulated}", found);
            return found.Any(area => area.Findings.Any(finding => finding.Verdict == Verdict.Failure)) ? 1 : 0;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return 1;
        }
    }

    private static DoctorReport Report()
    {
        bool isTerminal = !Console.IsOutputRedirected;
        bool colour = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return new DoctorReport(Console.Out, isTerminal ? Math.Clamp(Console.WindowWidth, Narrowest, Width) : Width, colour);
    }
}
