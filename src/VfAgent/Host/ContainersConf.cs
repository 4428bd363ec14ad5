using System.Text;
using System.Text.RegularExpressions;
using VfAgent.Core.Kernel;

namespace VfAgent.Host;

/// <summary>
/// What rootful podman reads of containers.conf and storage.conf: the later file wins, drop-ins in the order of their names (containers.conf(5),
/// containers-storage.conf(5)). Only strings and lists of strings are understood, which is all that is asked for here.
/// </summary>
internal sealed partial class ContainersConf
{
    private const string Network = "network";
    private const string DropIns = "/etc/containers/containers.conf.d";

    // containers/common, pkg/config/default.go: DefaultCNIPluginDirs.
    private static readonly string[] _defaultPluginDirectories =
        ["/usr/local/libexec/cni", "/usr/libexec/cni", "/usr/local/lib/cni", "/usr/lib/cni", "/opt/cni/bin"];

    // pkg/config/default.go: DefaultNetavarkPluginDirs, and config_linux.go: defaultHelperBinariesDir.
    private static readonly string[] _defaultNetavarkPluginDirectories =
        ["/usr/local/libexec/netavark", "/usr/libexec/netavark", "/usr/local/lib/netavark", "/usr/lib/netavark"];

    private static readonly string[] _defaultHelperDirectories =
        ["/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman", "/usr/lib/podman"];

    private static readonly string[] _files =
    [
        "/usr/share/containers/storage.conf", "/etc/containers/storage.conf", "/usr/share/containers/containers.conf", "/etc/containers/containers.conf",
    ];

    private readonly Dictionary<(string Table, string Key), (IReadOnlyList<string> Values, string File)> _values = [];

    /// <param name="disk">Where they are.</param>
    /// <param name="look">Notes what cannot be read.</param>
    public static ContainersConf Read(IDisk disk, Look look)
    {
        ContainersConf conf = new();
        IEnumerable<string> dropIns = look.At(disk.List(DropIns), [])!
            .Where(name => name.EndsWith(".conf", StringComparison.Ordinal)).Select(name => $"{DropIns}/{name}");
        foreach (string file in (string[])[.. _files, .. dropIns])
        {
            if (look.At(disk.Read(file), null) is { } bytes)
                conf.Add(file, Encoding.UTF8.GetString(bytes));
        }

        return conf;
    }

    /// <summary>network_backend; null when podman chooses.</summary>
    public string? Backend => Find(Network, "network_backend");

    /// <summary>The file that sets network_backend; null when none does.</summary>
    public string? BackendFile => Backend is null ? null : _values[(Network, "network_backend")].File;

    /// <summary>Where conflists are looked for.</summary>
    public string ConfigDirectory => Folder(Network, "network_config_dir") ?? "/etc/cni/net.d";

    /// <summary>Where podman's own networks are, with netavark.</summary>
    public string NetavarkConfigDirectory => Folder(Network, "network_config_dir") ?? "/etc/containers/networks";

    public IReadOnlyList<string> PluginDirectories => List(Network, "cni_plugin_dirs", _defaultPluginDirectories);

    public IReadOnlyList<string> NetavarkPluginDirectories => List(Network, "netavark_plugin_dirs", _defaultNetavarkPluginDirectories);

    /// <summary>Where podman looks for netavark itself.</summary>
    public IReadOnlyList<string> HelperDirectories => List("engine", "helper_binaries_dir", _defaultHelperDirectories);

    /// <summary>Podman's storage.</summary>
    public string GraphRoot => Folder("storage", "graphroot") ?? "/var/lib/containers/storage";

    private IReadOnlyList<string> List(string table, string key, IReadOnlyList<string> otherwise) =>
        _values.TryGetValue((table, key), out var list) && list.Values.Count > 0 ? list.Values : otherwise;

    private string? Folder(string table, string key) => Find(table, key)?.TrimEnd('/');

    private string? Find(string table, string key) =>
        _values.TryGetValue((table, key), out var value) && value.Values is [{ Length: > 0 } text, ..] ? text : null;

    private void Add(string file, string text)
    {
        string table = "";
        string pending = "";
        foreach (string raw in text.Split('\n'))
        {
            string line = pending + WithoutComment(raw).Trim();
            pending = "";
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                table = line.StartsWith('[') ? line.Trim('[', ']', ' ') : table;
            else if (line[(equals + 1)..].TrimStart().StartsWith('[') && !line.EndsWith(']'))
                pending = line + " ";
            else
                _values[(table, line[..equals].Trim())] = ([.. Strings().Matches(line, equals + 1).Select(match => match.Value[1..^1])], file);
        }
    }

    private static string WithoutComment(string line)
    {
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            if (quote == '\0' && line[i] == '#')
                return line[..i];

            if (line[i] is '"' or '\'' && (quote == '\0' || quote == line[i]))
                quote = quote == '\0' ? line[i] : '\0';
        }

        return line;
    }

    [GeneratedRegex("\"([^\"]*)\"|'([^']*)'", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Strings();
}
