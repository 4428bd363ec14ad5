using VfAgent.Demo;
using VfAgent.Doctor;
using VfAgent.Options;

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
          vfagent --help | --version

        Options of run and doctor:
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
            default:
                await Console.Error.WriteLineAsync($"vfagent: there is no verb '{verb}'; see vfagent --help");
                return BadUsage;
        }
    }

    private static Settings? Load(IReadOnlyList<string> arguments)
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(SettingsSources.OfProcess(arguments));
        foreach (SettingError error in errors)
            Console.Error.WriteLine($"vfagent: {error}");

        return settings;
    }
}
