using System.Globalization;
using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Host;

namespace VfAgent.Doctor;

/// <summary>What this process, and the agent as a service, may do: user, capabilities, a writable /sys, the kernel's lockdown.</summary>
internal sealed class RightsChecks(IKernel kernel, IDisk disk, HostPaths paths, bool simulated)
{
    // include/uapi/linux/capability.h
    private const int CapDacOverride = 1;
    private const int CapNetAdmin = 12;
    private const int CapSysModule = 16;

    // systemd.unit(5), later wins; drop-ins come after all of them.
    private static readonly string[] _unitFolders = ["/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system"];

    public IEnumerable<Finding> Run()
    {
        if (simulated)
            return [Finding.NotApplicable("root", "not needed, the NICs are simulated")];

        return [.. Process(), Sys(), .. Unit(), .. Lockdown()];
    }

    // sriov_numvfs and the driver files ask for no capability, only for their owner, root; rtnetlink asks for CAP_NET_ADMIN.
    private IEnumerable<Finding> Process()
    {
        string status = kernel.Read(Path.Combine(paths.ProcRoot, "self", "status")).ValueOr("")!;
        if (Field(status, "Uid:") is not [_, var user, ..] || Field(status, "CapEff:") is not [var mask] ||
            !ulong.TryParse(mask, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong capabilities))
        {
            yield return Finding.NotApplicable("root", $"unknown: {paths.ProcRoot}/self/status does not say");
            yield break;
        }

        bool Has(int capability) => (capabilities >> capability & 1) == 1;
        yield return user == "0" || Has(CapDacOverride)
            ? Finding.Ok("root", user == "0" ? "yes" : $"user {user} with CAP_DAC_OVERRIDE")
            : Finding.Failure(
                "root", $"no, this is user {user}: {paths.SysRoot} and the agent's folders cannot be written",
                "run the agent, and this check, as root");

        // The whole range of ids maps to itself in the first user namespace.
        if (kernel.Read(Path.Combine(paths.ProcRoot, "self", "uid_map")) is { Ok: true, Value: var map } &&
            map.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["0", "0", "4294967295"])
        {
            yield return Finding.Failure(
                "user namespace", "not the host's: root in here is not root to the kernel",
                "run the agent on the host or in a rootful container without --userns");
        }

        yield return Has(CapNetAdmin)
            ? Finding.Ok("CAP_NET_ADMIN", "yes")
            : Finding.Failure(
                "CAP_NET_ADMIN", "no: MTUs cannot be set and links not be brought up",
                "add it to CapabilityBoundingSet= of the unit, or --cap-add NET_ADMIN in a container");
        if (!Has(CapSysModule))
        {
            yield return Finding.Warning(
                "CAP_SYS_MODULE", "no: the agent cannot load vfio-pci, vhost-net and tun when they are needed",
                "load them at boot (a file in /etc/modules-load.d), or give the capability");
        }
    }

    private Finding Sys()
    {
        const string Title = "/sys writable";
        string mounts = kernel.Read(Path.Combine(paths.ProcRoot, "self", "mounts")).ValueOr("")!;

        // The deepest mount holds; of several on one folder the last.
        string[]? mount = mounts.Split('\n').Select(line => line.Split(' '))
            .Where(fields => fields.Length >= 4 && IsAtOrAbove(fields[1], paths.SysRoot))
            .OrderBy(fields => fields[1].Length).LastOrDefault();
        if (mount is null)
            return Finding.NotApplicable(Title, $"unknown: {paths.ProcRoot}/self/mounts does not say");

        return mount[3].Split(',').Contains("ro")
            ? Finding.Failure(
                Title, $"no, {paths.SysRoot} is mounted read-only here",
                "under systemd: no ProtectKernelTunables=yes and no ReadOnlyPaths=/sys in the unit; in a container: --privileged, " +
                "or -v /sys:/sys:rw")
            : Finding.Ok(Title, "yes");
    }

    // This check is run from a shell, outside of the sandbox that a hardened unit puts the agent into.
    private IEnumerable<Finding> Unit()
    {
        const string Unit = "vfagent.service";
        const string Option = "ProtectKernelTunables=";
        (string File, string Value)? last = null;
        IEnumerable<string> dropIns = _unitFolders.SelectMany(folder => DropIns($"{folder}/{Unit}.d"));
        foreach (string file in _unitFolders.Select(folder => $"{folder}/{Unit}").Concat(dropIns))
        {
            string text = disk.Read(file) is { Ok: true, Value: var bytes } ? Encoding.UTF8.GetString(bytes) : "";
            foreach (string line in text.Split('\n').Where(line => line.StartsWith(Option, StringComparison.Ordinal)))
                last = (file, line[Option.Length..].Trim());
        }

        if (last is var (where, value) && value is "yes" or "true" or "on" or "1")
        {
            yield return Finding.Failure(
                Unit, $"{Option}{value} in {where}: /sys is read-only for the agent as a service",
                $"take it out, then systemctl daemon-reload and restart {Unit}");
        }
    }

    private IEnumerable<string> DropIns(string folder) =>
        disk.List(folder).ValueOr([])!.Where(name => name.EndsWith(".conf", StringComparison.Ordinal)).Select(name => $"{folder}/{name}");

    // Nothing that the agent writes is locked down; what an administrator does to the NIC is.
    private IEnumerable<Finding> Lockdown()
    {
        if (new FeatureReader(kernel, paths).Lockdown() is { } level)
        {
            yield return Finding.Ok(
                "kernel lockdown", $"{level} (Secure Boot): VFs work; unsigned modules and firmware tools such as mstconfig do not");
        }
    }

    private static string[]? Field(string status, string name) =>
        status.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..]
            .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static bool IsAtOrAbove(string mountPoint, string path) =>
        path == mountPoint || mountPoint == "/" || path.StartsWith(mountPoint + "/", StringComparison.Ordinal);
}
