using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Host;

namespace VfAgent.Doctor;

/// <summary>Whether a runtime of this host takes the networks that the agent writes.</summary>
/// <param name="podman">What podman says.</param>
/// <param name="disk">Where its folders are.</param>
/// <param name="choice">For which backends the agent writes networks.</param>
/// <param name="paths">Where it writes them.</param>
internal sealed class PodmanChecks(Podman podman, IDisk disk, BackendChoice choice, HostPaths paths)
{
    private const string Title = "network backend";

    public IEnumerable<Finding> Run()
    {
        IReadOnlyList<string> others = BackendReader.CniRuntimes(disk, new Look());
        if (others.Count > 0)
            yield return Finding.Ok("other runtimes", $"{string.Join(", ", others)} (CNI)");

        yield return Finding.Ok("networks for", $"{Words(choice.Backends)}: {choice.Why}");
        if (!podman.Installed)
        {
            yield return others.Count > 0
                ? Finding.NotApplicable("podman", "not installed")
                : Finding.Warning(
                    "podman", "not installed, and neither is nerdctl, CRI-O or containerd: nothing here reads networks", "install podman, or nerdctl");
            yield break;
        }

        Finding backend = Backend();
        // Podman is not the only way in.
        yield return backend.Verdict == Verdict.Failure && others.Count > 0 ? backend with { Verdict = Verdict.Warning } : backend;
        if (backend.Verdict != Verdict.Ok)
            yield break;

        yield return podman.ReadsConflists
            ? Folder("conflists", podman.Conf.ConfigDirectory, paths.ConflistDirectory, "Cni:ConflistDirectory")
            : Folder("networks", podman.Conf.NetavarkConfigDirectory, paths.PodmanNetworkDirectory, "Podman:NetworkDirectory");
        if (!podman.ReadsConflists)
            yield return Plugin();
    }

    private Finding Backend() => podman.Backend switch
    {
        "cni" when !choice.Backends.HasFlag(NetworkBackends.Cni) => Finding.Failure(
            Title, $"cni (podman {podman.Version}), and the agent writes no conflists", Follow("cni")),
        "netavark" when !choice.Backends.HasFlag(NetworkBackends.Netavark) => Finding.Failure(
            Title, $"netavark (podman {podman.Version}): podman does not read conflists, and the agent writes nothing else", Follow("netavark")),
        "cni" or "netavark" => Finding.Ok(Title, $"{podman.Backend} (podman {podman.Version})"),
        { Length: > 0 } unknown => Finding.Failure(
            Title, $"{unknown} (podman {podman.Version}), which the agent writes no networks for", "set network_backend in containers.conf to netavark"),
        _ => Finding.Warning(
            Title, $"podman does not say: {podman.Problem}",
            $"run podman info as root: it has to say networkBackend (containers.conf says {podman.Conf.Backend ?? "nothing"})"),
    };

    private static string Follow(string backend) => $"--Runtime:Backends={backend}, or auto to have it follow podman";

    private static string Words(NetworkBackends backends) => backends switch
    {
        NetworkBackends.Cni => "CNI",
        NetworkBackends.Netavark => "netavark",
        _ => "CNI and netavark",
    };

    private static Finding Folder(string title, string read, string written, string setting) => read == written.TrimEnd('/')
        ? Finding.Ok(title, $"read from {read}")
        : Finding.Failure(
            title, $"read from {read}, but the agent writes to {written}", $"--{setting}={read}, or change network_config_dir in containers.conf");

    // netavark takes the first file of that name.
    private Finding Plugin()
    {
        IReadOnlyList<string> folders = podman.Conf.NetavarkPluginDirectories;
        string? found = folders.Select(folder => $"{folder}/{PodmanNetworkRenderer.Driver}").FirstOrDefault(path => disk.Stat(path).Ok);
        return found is not null
            ? Finding.Ok("netavark plugin", found)
            : Finding.Failure(
                "netavark plugin", $"{PodmanNetworkRenderer.Driver} is not in {string.Join(", ", folders)}: podman calls it an unknown network driver",
                $"mkdir -p {folders[^1]} && ln -s \"$(command -v vfagent)\" {folders[^1]}/{PodmanNetworkRenderer.Driver}");
    }
}
