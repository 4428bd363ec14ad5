using VfAgent.Host;

namespace VfAgent.Options;

/// <summary>Every key there is.</summary>
internal static class SettingsTable
{
    /// <param name="hostName">The machine's name, the default of <c>Agent:HostId</c>.</param>
    /// <param name="stateDirectory">Value of systemd's <c>$STATE_DIRECTORY</c>: folders with colons between them, the first is ours; null outside of systemd.</param>
    public static IReadOnlyList<Setting> Create(string hostName, string? stateDirectory) =>
    [
        new("Agent:HostId", SettingKind.Text, hostName.ToLowerInvariant(), "the host's level in topics (default: the host name)", SettingRules.Id),
        new("Agent:Groups", SettingKind.List, null, "groups whose config this host also takes", SettingRules.Id),
        new("Agent:StateDirectory", SettingKind.Text, FirstFolder(stateDirectory) ?? "/var/lib/vfagent", "last known good config and ledger"),
        new("Agent:BootstrapFile", SettingKind.Text, "/etc/vfagent/config.json", "config that applies with no broker, when the file is there"),
        new("Agent:Simulate", SettingKind.Text, null, "simulated NICs in place of the kernel's, such as igb:2", SettingRules.Simulate),
        new("Agent:DryRun", SettingKind.Flag, "false", "plan and report, change nothing", SettingRules.Flag),
        new("Agent:ResyncInterval", SettingKind.Text, "00:05:00", "time between full looks at the host", SettingRules.Interval),
        new("Mqtt:Server", SettingKind.Text, "mqtt://localhost:1883", "the broker: mqtt, mqtts, ws or wss", SettingRules.Server),
        new("Mqtt:UserName", SettingKind.Text, null, "user name at the broker"),
        new("Mqtt:PasswordFile", SettingKind.Text, null, "file with the password"),
        new("Mqtt:CaFile", SettingKind.Text, null, "PEM roots to trust (default: the system's)"),
        new("Mqtt:CertificateFile", SettingKind.Text, null, "PEM client certificate"),
        new("Mqtt:KeyFile", SettingKind.Text, null, "its private key"),
        new("Mqtt:TopicRoot", SettingKind.Text, "vfagent/v1", "prefix of all topics", SettingRules.TopicRoot),
        new("Mqtt:JsonStatus", SettingKind.Flag, "true", "also publish every status as JSON", SettingRules.Flag),
        new("Linux:SysRoot", SettingKind.Text, "/sys", "where sysfs is mounted"),
        new("Linux:DevRoot", SettingKind.Text, "/dev", "where device nodes are"),
        new("Linux:ProcRoot", SettingKind.Text, "/proc", "where procfs is mounted"),
        new("Cni:ConflistDirectory", SettingKind.Text, "/etc/cni/net.d", "where conflists are written"),
        new("Cni:CacheDirectory", SettingKind.Text, "/var/lib/cni", "where CNI keeps its records of running containers"),
        new("Cni:PluginDirectories", SettingKind.List, "/opt/cni/bin,/usr/lib/cni,/usr/libexec/cni", "where the runtime finds plugins"),
        new("Cdi:Directory", SettingKind.Text, "/etc/cdi", "where CDI specs are written"),
        new("Podman:NetworkDirectory", SettingKind.Text, "/etc/containers/networks", "where podman's networks are written, for netavark"),
        new("Runtime:Backends", SettingKind.Text, BackendReader.Auto, "for which networks are written", SettingRules.Backends),
    ];

    private static string? FirstFolder(string? folders) =>
        folders?.Split(':', StringSplitOptions.RemoveEmptyEntries) is [string first, ..] ? first : null;
}
