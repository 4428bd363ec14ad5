using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Options;

namespace VfAgent.Doctor;

/// <summary>The plugin binaries that runtimes would find, and what is wrong with the networks that are there.</summary>
internal sealed class CniChecks(Podman podman, IDisk disk, CniOptions options, NetworkBackends backends)
{
    private const string Sriov = "sriov";
    private const string HostDevice = "host-device";
    private const string GetSriov = "build github.com/k8snetworkplumbingwg/sriov-cni and copy its sriov into one of these folders";
    private const string GetHostDevice = "install containernetworking-plugins, which has host-device";

    // With the CNI backend podman's own list counts, and the agent's only says where it looks to warn.
    private readonly IReadOnlyList<string> _directories = podman.ReadsConflists ? podman.Conf.PluginDirectories : options.PluginDirectories;

    public IEnumerable<Finding> Run() => backends.HasFlag(NetworkBackends.Cni)
        ? [.. Plugins(), .. Networks()]
        : [Finding.NotApplicable("plugins", "not needed: no runtime here reads conflists")];

    private IEnumerable<Finding> Plugins()
    {
        string where = List(_directories);
        string? sriov = Find(Sriov, _directories);
        string? hostDevice = Find(HostDevice, _directories);
        if (sriov is null && hostDevice is null)
        {
            yield return Finding.Failure(
                "plugins", $"neither sriov nor host-device is in {where}",
                Elsewhere(Sriov) ?? Elsewhere(HostDevice) ?? $"{GetSriov}; or {GetHostDevice}");
            yield break;
        }

        yield return sriov is not null
            ? Finding.Ok(Sriov, sriov)
            : Finding.Warning(
                Sriov, $"not in {where}: attachments of that type get no VF (of type host-device they do)",
                Elsewhere(Sriov) ?? GetSriov);
        yield return hostDevice is not null
            ? Finding.Ok(HostDevice, hostDevice)
            : Finding.Warning(
                HostDevice, $"not in {where}: attachments of that type get no VF (of type sriov they do)",
                Elsewhere(HostDevice) ?? GetHostDevice);

        string? unknown = FoldersOf(sriov, hostDevice).Except(options.PluginDirectories, StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null)
        {
            yield return Finding.Warning(
                "Cni:PluginDirectories", $"lacks {unknown}, where podman finds plugins: the agent would call them missing",
                $"--Cni:PluginDirectories={string.Join(',', [.. options.PluginDirectories, unknown])}");
        }
    }

    private List<Finding> Networks()
    {
        IoResult<IReadOnlyList<string>> names = disk.List(options.ConflistDirectory);
        if (!names.Ok)
            return [Finding.NotApplicable("networks", $"none, {options.ConflistDirectory} is not there")];

        List<ConflistFacts> networks =
            [.. names.Value.Where(ConflistFacts.IsRead).Select(name => ConflistFacts.Read(disk, options.ConflistDirectory, name))];
        List<Finding> problems = [.. networks.Select(Problem).OfType<Finding>(), .. SameNames(networks)];
        if (problems.Count > 0)
            return problems;

        return [Finding.Ok("networks", networks.Count == 0 ? "none yet" : string.Join(", ", networks.Select(network => network.Network)))];
    }

    private Finding? Problem(ConflistFacts network)
    {
        if (network.Problem is not null)
        {
            return Finding.Warning(
                network.FileName, $"{network.Problem}; podman skips the file, but nerdctl fails on every network because of it",
                $"correct or remove {options.ConflistDirectory}/{network.FileName}");
        }

        string[] missing = [.. network.Plugins.Where(plugin => Find(plugin, _directories) is null)];
        return missing.Length == 0
            ? null
            : Finding.Warning(
                network.FileName,
                $"network {network.Network} needs {string.Join(", ", missing)}, not in {List(_directories)}: it cannot be used",
                "install the plugin, or remove the network");
    }

    // libcni and podman take the first in the order of the file names and skip the rest.
    private static IEnumerable<Finding> SameNames(IEnumerable<ConflistFacts> networks) => networks
        .Where(network => network.Problem is null)
        .GroupBy(network => network.Network, network => network.FileName, StringComparer.Ordinal)
        .Where(files => files.Count() > 1)
        .Select(files => Finding.Warning(
            $"network {files.Key}", $"in {string.Join(" and ", files)}: only the first counts",
            "rename or remove one of them; the agent rejects an attachment whose name is taken (NameTaken)"));

    private string? Elsewhere(string plugin) =>
        Find(plugin, [.. options.PluginDirectories, .. podman.Conf.PluginDirectories]) is { } path
            ? $"{path} is there: add its folder to cni_plugin_dirs in containers.conf, or link it into {_directories[0]}"
            : null;

    private string? Find(string plugin, IEnumerable<string> directories) =>
        directories.Select(directory => $"{directory}/{plugin}").FirstOrDefault(path => disk.Stat(path).Ok);

    private static IEnumerable<string> FoldersOf(params string?[] paths) =>
        paths.OfType<string>().Select(path => Path.GetDirectoryName(path)!);

    private static string List(IReadOnlyList<string> directories) =>
        directories.Count == 0 ? "(no folders)" : string.Join(", ", directories);
}
