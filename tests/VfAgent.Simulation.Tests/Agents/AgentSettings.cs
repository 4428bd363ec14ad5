using VfAgent.Options;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>The settings of the simulated agent, and where its files are because of them.</summary>
internal static class AgentSettings
{
    public const string HostTopic = "vfagent/v1/hosts/h1/";
    public const string StateDirectory = "/var/lib/vfagent";
    public const string ConflistDirectory = "/etc/cni/net.d";
    public const string CdiDirectory = "/etc/cdi";
    public const string BootstrapFile = "/etc/vfagent/config.json";

    public static Settings Value { get; } = Load();

    private static Settings Load()
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(new SettingsSources(
            ["--Agent:HostId=h1", $"--Agent:StateDirectory={StateDirectory}"], new Dictionary<string, string>(StringComparer.Ordinal), "h1", "/nonexistent"));
        return settings ?? throw new InvalidOperationException(string.Join('\n', errors));
    }
}
