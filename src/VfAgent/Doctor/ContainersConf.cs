using System.Text;
using System.Text.RegularExpressions;
using VfAgent.Core.Kernel;

namespace VfAgent.Doctor;

/// <summary>
/// The <c>[network]</c> table of containers.conf as rootful podman reads it: the later file wins, drop-ins in the order of their names
/// (containers.conf(5)). Only strings and lists of strings are understood, which is all that is asked for here.
/// </summary>
internal sealed partial class ContainersConf
{
    private const string DropIns = "/etc/containers/containers.conf.d";

    // containers/common, pkg/config/default.go: DefaultCNIPluginDirs.
    private static readonly string[] _defaultPluginDirectories =
        ["/usr/local/libexec/cni", "/usr/libexec/cni", "/usr/local/lib/cni", "/usr/lib/cni", "/opt/cni/bin"];

    private readonly Dictionary<string, (IReadOnlyList<string> Values, string File)> _network = new(StringComparer.Ordinal);

    public static ContainersConf Read(IDisk disk)
    {
        ContainersConf conf = new();
        IEnumerable<string> dropIns = disk.List(DropIns).ValueOr([])!
            .Where(name => name.EndsWith(".conf", StringComparison.Ordinal)).Select(name => $"{DropIns}/{name}");
        foreach (string file in (string[])["/usr/share/containers/containers.conf", "/etc/containers/containers.conf", .. dropIns])
        {
            if (disk.Read(file) is { Ok: true, Value: var bytes })
                conf.Add(file, Encoding.UTF8.GetString(bytes));
        }

        return conf;
    }

    /// <summary>network_backend; null when podman chooses.</summary>
    public string? Backend => Find("network_backend");

    /// <summary>The file that sets network_backend; null when none does.</summary>
    public string? BackendFile => Backend is null ? null : _network["network_backend"].File;

    /// <summary>Where conflists are looked for.</summary>
    public string ConfigDirectory => Find("network_config_dir")?.TrimEnd('/') ?? "/etc/cni/net.d";

    public IReadOnlyList<string> PluginDirectories =>
        _network.TryGetValue("cni_plugin_dirs", out var list) && list.Values.Count > 0 ? list.Values : _defaultPluginDirectories;

    private string? Find(string key) =>
        _network.TryGetValue(key, out var value) && value.Values is [{ Length: > 0 } text, ..] ? text : null;

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
            else if (table == "network")
                _network[line[..equals].Trim()] = ([.. Strings().Matches(line, equals + 1).Select(match => match.Value[1..^1])], file);
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
