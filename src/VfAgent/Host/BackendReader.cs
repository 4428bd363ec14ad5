using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>
/// Reads what this host's container runtimes take their networks from, by what podman itself goes by (containers/common, libnetwork/network:
/// NetworkBackend): its configuration, what it has chosen at its first run, or whether netavark is installed. Podman is not run for it.
/// </summary>
/// <param name="disk">Where that is.</param>
/// <param name="setting">Runtime:Backends.</param>
internal sealed class BackendReader(IDisk disk, string setting)
{
    public const string Auto = "auto";

    private static readonly string[] _folders = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin"];
    private static readonly string[] _cniRuntimes = ["nerdctl", "crio", "containerd"];

    /// <summary>What Runtime:Backends may be.</summary>
    public static IReadOnlyList<string> Settings { get; } = [Auto, "cni", "netavark", "both"];

    /// <summary>Runtimes with CNI, other than podman, that are installed.</summary>
    public static IReadOnlyList<string> CniRuntimes(IDisk disk, Look look) =>
        [.. _cniRuntimes.Where(program => _folders.Any(folder => Exists(disk, $"{folder}/{program}", look)))];

    /// <param name="look">Notes what cannot be read: a folder that does not answer must not look like one without netavark.</param>
    public BackendChoice Read(Look look)
    {
        if (setting != Auto)
            return new BackendChoice(Of(setting), $"Runtime:Backends is {setting}");

        BackendChoice podman = Podmans(ContainersConf.Read(disk, look), look);
        return podman.Backends == NetworkBackends.Netavark && CniRuntimes(disk, look) is [_, ..] others
            ? new BackendChoice(NetworkBackends.Netavark | NetworkBackends.Cni, $"{podman.Why}; {string.Join(", ", others)} has CNI")
            : podman;
    }

    private BackendChoice Podmans(ContainersConf conf, Look look)
    {
        if (conf.Backend is { } configured)
            return new BackendChoice(Of(configured), $"network_backend in {conf.BackendFile}");

        string kept = $"{conf.GraphRoot}/defaultNetworkBackend";
        if (look.At(disk.Read(kept), null) is { } chosen)
            return new BackendChoice(Of(Encoding.UTF8.GetString(chosen).Trim()), $"podman has chosen so ({kept})");

        return conf.HelperDirectories.Select(folder => $"{folder}/netavark").FirstOrDefault(path => Exists(disk, path, look)) is { } netavark
            ? new BackendChoice(NetworkBackends.Netavark, $"{netavark} is installed")
            : new BackendChoice(NetworkBackends.Cni, "netavark is not installed");
    }

    private static bool Exists(IDisk disk, string path, Look look) => look.At(disk.Stat(path), default) != default;

    // Podman does not start with any other word.
    private static NetworkBackends Of(string word) => word switch
    {
        "netavark" => NetworkBackends.Netavark,
        "both" => NetworkBackends.Cni | NetworkBackends.Netavark,
        _ => NetworkBackends.Cni,
    };
}

/// <param name="Backends">For which networks are written.</param>
/// <param name="Why">Half a sentence.</param>
internal sealed record BackendChoice(NetworkBackends Backends, string Why);
