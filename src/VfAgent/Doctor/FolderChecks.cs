using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Options;

namespace VfAgent.Doctor;

/// <summary>Whether the agent can write where it has to. The only way to know is to write: an empty file, removed at once.</summary>
internal sealed class FolderChecks(IDisk disk, Settings settings, NetworkBackends backends)
{
    // As DurableFiles names what it has not finished, so that a leftover is cleared by the agent and read by nobody.
    private const string ProbeName = ".vfagent-doctor.tmp";
    private const int OwnerOnly = 0b110_000_000;

    // Where container runtimes look for CDI specs (container-device-interface, pkg/cdi/spec-dirs.go).
    private static readonly string[] _cdiFolders = ["/etc/cdi", "/var/run/cdi", "/run/cdi"];

    public IEnumerable<Finding> Run()
    {
        yield return Examine("state", settings.Agent.StateDirectory, "Agent:StateDirectory");
        yield return Examine("conflists", settings.Cni.ConflistDirectory, "Cni:ConflistDirectory");
        if (backends.HasFlag(NetworkBackends.Netavark))
            yield return Examine("podman networks", settings.Podman.NetworkDirectory, "Podman:NetworkDirectory");
        yield return Examine("CDI specs", settings.Cdi.Directory, "Cdi:Directory");
        if (!_cdiFolders.Contains(settings.Cdi.Directory.TrimEnd('/')))
        {
            yield return Finding.Warning(
                "CDI specs", $"runtimes look in {string.Join(", ", _cdiFolders)}, not in {settings.Cdi.Directory}",
                "--Cdi:Directory=/etc/cdi, or tell the runtime about the folder");
        }
    }

    private Finding Examine(string title, string folder, string key)
    {
        string there = folder;
        IoResult<IReadOnlyList<string>> names = disk.List(there);
        while (names.Error is { Errno: Errno.ENOENT } && Path.GetDirectoryName(there) is { } parent)
        {
            there = parent;
            names = disk.List(there);
        }

        IoError? error = names.Ok ? Probe(there) : names.Error;
        if (error is not null)
            return Finding.Failure(title, $"{folder}: {error}", Remedy(error.Errno, folder, key));

        return Finding.Ok(title, there == folder ? $"{folder}, writable" : $"{folder}, not there yet; the agent makes it");
    }

    private IoError? Probe(string folder)
    {
        string path = Path.Combine(folder, ProbeName);
        IoError? error = disk.Write(path, "vfagent doctor\n"u8, OwnerOnly);
        // Also after a failure: a full disk leaves an empty file behind.
        IoError? cleared = disk.Delete(path);
        return error ?? cleared;
    }

    private static string Remedy(Errno errno, string folder, string key) => errno switch
    {
        Errno.EACCES or Errno.EPERM => $"run as root, or choose another folder with --{key}=",
        Errno.EROFS => $"the file system is read-only: choose another folder with --{key}=; under systemd add ReadWritePaths={folder} to the unit",
        Errno.ENOSPC or Errno.EDQUOT => "free space (df -h, df -i)",
        Errno.ENOTDIR => $"a file is in the way; remove it or choose another folder with --{key}=",
        _ => $"look at the file system (dmesg), or choose another folder with --{key}=",
    };
}
