using System.Collections.Concurrent;
using VfAgent.Options;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Agents;

/// <summary>The settings of the simulated agent, and where its files are because of them.</summary>
internal static class AgentSettings
{
    public const string HostTopic = "vfagent/v1/hosts/h1/";
    public const string StateDirectory = "/var/lib/vfagent";
    public const string ConflistDirectory = "/etc/cni/net.d";
    public const string NetworkDirectory = "/etc/containers/networks";
    public const string CdiDirectory = "/etc/cdi";
    public const string BootstrapFile = "/etc/vfagent/config.json";

    private static readonly ConcurrentDictionary<(bool Json, bool Pools), Settings> _known = [];

    public static Settings Of(Plan plan) => _known.GetOrAdd((plan.JsonStatus, plan.HasPools), key => Load(key.Json, key.Pools ? "both" : "auto"));

    private static Settings Load(bool json, string backends)
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(new SettingsSources(
            ["--Agent:HostId=h1", $"--Agent:StateDirectory={StateDirectory}", $"--Mqtt:JsonStatus={json}", $"--Runtime:Backends={backends}"],
            new Dictionary<string, string>(StringComparer.Ordinal), "h1", "/nonexistent"));
        return settings ?? throw new InvalidOperationException(string.Join('\n', errors));
    }
}
