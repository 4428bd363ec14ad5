using VfAgent.Core.Kernel;

namespace VfAgent.Doctor;

/// <summary>Whether a runtime of this host takes the networks that the agent writes.</summary>
internal sealed class PodmanChecks(Podman podman, IDisk disk, string conflistDirectory)
{
    private const string Title = "network backend";
    private const string MainConf = "/etc/containers/containers.conf";

    private static readonly string[] _folders = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin"];
    private static readonly string[] _otherRuntimes = ["nerdctl", "crio", "containerd"];

    public IEnumerable<Finding> Run()
    {
        string[] others = [.. _otherRuntimes.Where(program => _folders.Any(folder => disk.Stat($"{folder}/{program}").Ok))];
        if (others.Length > 0)
            yield return Finding.Ok("other runtimes", $"{string.Join(", ", others)} (CNI)");

        if (!podman.Installed)
        {
            yield return others.Length > 0
                ? Finding.NotApplicable("podman", "not installed")
                : Finding.Warning(
                    "podman", "not installed, and neither is nerdctl, CRI-O or containerd: nothing here reads conflists",
                    "install podman 4 with CNI, or nerdctl");
            yield break;
        }

        Finding backend = Backend();
        // Podman is not the only way in.
        yield return backend.Verdict == Verdict.Failure && others.Length > 0 ? backend with { Verdict = Verdict.Warning } : backend;
        if (podman.ReadsConflists)
            yield return Directory();
    }

    private Finding Backend() => podman.Backend switch
    {
        "cni" => Finding.Ok(Title, $"cni (podman {podman.Version})"),
        { Length: > 0 } backend => Finding.Failure(Title, $"{backend} (podman {podman.Version}): podman does not read conflists", UseCni()),
        _ => Finding.Warning(
            Title, $"podman does not say: {podman.Problem}",
            $"run podman info as root: it has to say networkBackend: cni (containers.conf says {podman.Conf.Backend ?? "nothing"})"),
    };

    private string UseCni()
    {
        string setting = $"set network_backend = \"cni\" under [network] in {podman.Conf.BackendFile ?? MainConf}";
        return podman.MajorVersion switch
        {
            >= 6 => "podman 6 has no CNI any more: use podman 4, podman 5 built with the tag cni, or nerdctl",
            5 => $"podman 5 has CNI only when it was built with the tag cni; if so, {setting}, stop all containers and reboot; " +
                "else use podman 4 or nerdctl",
            _ => $"{setting}, stop all containers and reboot; networks made with netavark have to be made again",
        };
    }

    private Finding Directory() => podman.Conf.ConfigDirectory == conflistDirectory.TrimEnd('/')
        ? Finding.Ok("conflists", $"read from {podman.Conf.ConfigDirectory}")
        : Finding.Failure(
            "conflists", $"read from {podman.Conf.ConfigDirectory}, but the agent writes to {conflistDirectory}",
            $"--Cni:ConflistDirectory={podman.Conf.ConfigDirectory}, or change network_config_dir in containers.conf");
}
