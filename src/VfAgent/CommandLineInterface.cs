using VfAgent.Demo;
using VfAgent.Doctor;
using VfAgent.Linux.Files;
using VfAgent.Options;
using VfAgent.Preview;

namespace VfAgent;

/// <summary>The verbs. Exit codes: 0 ok, 1 failed, 2 bad usage or bad settings.</summary>
internal static class CommandLineInterface
{
    private const int BadUsage = 2;

    private const string Help = """
        vfagent - SR-IOV virtual functions for containers without Kubernetes, managed over MQTT

        Usage:
          vfagent [run] [options]    run the agent on this host
          vfagent demo [--once]      broker, simulated host and agent in one process: see it work (no root needed)
          vfagent doctor [options]   check this host, and say what would stop the agent or the containers
          vfagent plan -f FILE [--json] [options]
                                     say what the agent would do on this host for the HostConfig in FILE (JSON or protobuf,
                                     - for standard input), and change nothing; what FILE leaves out would be deleted
          vfagent info|create|setup|teardown
                                     answer netavark, whose plugin vfagent is (docs/netavark.md)
          vfagent --help | --version

        Options of run, doctor and plan:
          --config FILE              settings file (default /etc/vfagent/vfagent.json, if it is there)
          --Section:Key=value        one setting, such as --Mqtt:Server=mqtts://broker:8883 or --Agent:Simulate=igb:2
                                     (also from the environment: VFAGENT_Mqtt__Server=mqtts://broker:8883)

        Every setting is in README.md.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        string verb = args is [var first, ..] && !first.StartsWith('-') ? first : "run";
        string[] rest = args is [var given, ..] && given == verb ? args[1..] : args;
        if (rest.Any(argument => argument is "--help" or "-h"))
        {
            Console.WriteLine(Help);
            return 0;
        }

        if (rest is ["--version"])
        {
            Console.WriteLine($"vfagent {Agent.Version}");
            return 0;
        }

        switch (verb)
        {
            case "run":
                return Load(rest) is { } settings ? await AgentHost.RunAsync(settings) : BadUsage;
            case "demo":
                return await DemoVerb.RunAsync(rest);
            case "doctor":
                return Load(rest) is { } examined ? await DoctorVerb.RunAsync(examined) : BadUsage;
            case "plan":
                return await PlanAsync(PlanArguments.Parse(rest));
            default:
                await Console.Error.WriteLineAsync($"vfagent: there is no verb '{verb}'; see vfagent --help");
                return BadUsage;
        }
    }

    private static async Task<int> PlanAsync(PlanArguments arguments)
    {
        Settings? settings = Load(arguments.Settings);
        ((string, byte[]) config, string? error) = await arguments.ReadAsync();
        if (error is not null)
            await Console.Error.WriteLineAsync($"vfagent: {error}");
        if (settings is null || error is not null)
            return BadUsage;

        var verb = new PlanVerb(
            settings, AgentHost.Kernel(settings), new LinuxDisk(), TimeProvider.System, Environment.IsPrivilegedProcess, Console.Out, Console.Error);
        return await verb.RunAsync(config, arguments.Json);
    }

    private static Settings? Load(IReadOnlyList<string> arguments)
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(SettingsSources.OfProcess(arguments));
        foreach (SettingError error in errors)
            Console.Error.WriteLine($"vfagent: {error}");

        return settings;
    }
}
