using Microsoft.Extensions.Configuration;

namespace VfAgent.Options;

/// <summary>All settings, checked.</summary>
/// <param name="Agent">Section <c>Agent</c>.</param>
/// <param name="Mqtt">Section <c>Mqtt</c>.</param>
/// <param name="Linux">Section <c>Linux</c>.</param>
/// <param name="Cni">Section <c>Cni</c>.</param>
/// <param name="Cdi">Section <c>Cdi</c>.</param>
/// <param name="Podman">Section <c>Podman</c>.</param>
/// <param name="Runtime">Section <c>Runtime</c>.</param>
/// <param name="Configuration">The same as configuration, with the <c>Logging</c> section of the generic host, which is passed on as it is.</param>
internal sealed record Settings(
    AgentOptions Agent, MqttOptions Mqtt, LinuxOptions Linux, CniOptions Cni, CdiOptions Cdi, PodmanOptions Podman, RuntimeOptions Runtime,
    IConfigurationRoot Configuration)
{
    public static Settings Bind(IConfigurationRoot configuration) => new(
        configuration.GetSection("Agent").Get<AgentOptions>() ?? new(),
        configuration.GetSection("Mqtt").Get<MqttOptions>() ?? new(),
        configuration.GetSection("Linux").Get<LinuxOptions>() ?? new(),
        configuration.GetSection("Cni").Get<CniOptions>() ?? new(),
        configuration.GetSection("Cdi").Get<CdiOptions>() ?? new(),
        configuration.GetSection("Podman").Get<PodmanOptions>() ?? new(),
        configuration.GetSection("Runtime").Get<RuntimeOptions>() ?? new(),
        configuration);
}

/// <summary>Where settings come from, the later over the earlier: defaults, file, environment, command line.</summary>
/// <param name="Arguments">What follows the verb, without the verb's own options: <c>--config FILE</c>, <c>--Section:Key=value</c>, <c>--Section:Key value</c>.</param>
/// <param name="Environment">The process's environment.</param>
/// <param name="HostName">The machine's whole name.</param>
/// <param name="DefaultFile">Read when there is no <c>--config</c>; it need not be there.</param>
internal sealed record SettingsSources(
    IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string HostName, string DefaultFile = "/etc/vfagent/vfagent.json")
{
    public static SettingsSources OfProcess(IReadOnlyList<string> arguments)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            environment[(string)variable.Key] = (string?)variable.Value ?? "";

        // Not Environment.MachineName, which stops at the first dot.
        return new SettingsSources(arguments, environment, System.Net.Dns.GetHostName());
    }
}
