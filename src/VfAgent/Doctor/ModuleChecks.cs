using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Doctor;

/// <summary>The drivers that VFs and their users need: loaded, or there to be loaded.</summary>
internal sealed class ModuleChecks(IKernel kernel, IDisk disk, HostPaths paths, bool simulated)
{
    private static readonly string[] _modprobe = ["/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe", "/usr/bin/modprobe"];

    private readonly InstalledModules _modules = new(kernel, disk, paths);

    public IEnumerable<Finding> Run()
    {
        HostFeatures features = new FeatureReader(kernel, paths).Read();
        foreach ((string module, string pfs) in VfDrivers())
            yield return VfDriver(module, pfs);

        yield return OnDemand("vfio-pci", "vfio_pci", features.VfioPci, "VFs cannot be given to vfio-pci (VM, DPDK)");
        yield return OnDemand("vhost-net", "vhost_net", features.VhostNet, "resources with needVhostNet cannot be served");
        yield return OnDemand("tun", "tun", features.Tun, "resources with needVhostNet cannot be served");
        if (!simulated && !_modprobe.Any(path => disk.Stat(path).Ok))
        {
            yield return Finding.Warning(
                "modprobe", $"not found: {string.Join(", ", _modprobe)}",
                "install kmod, or load the modules at boot (a file in /etc/modules-load.d)");
        }
    }

    // The module has another name than the PF's for these; udev loads it when the first VF appears.
    private IEnumerable<(string Module, string Pfs)> VfDrivers() => new PfReader(kernel, paths).ListPfs().ValueOr([])
        .Select(pf => kernel.ReadLink(Path.Combine(paths.Device(pf), "driver")).ValueOr("")!)
        .Distinct(StringComparer.Ordinal)
        .GroupBy(VfModuleOf, StringComparer.Ordinal)
        .Where(pfs => pfs.Key.Length > 0)
        .Select(pfs => (pfs.Key, string.Join(" and ", pfs)));

    private static string VfModuleOf(string pfDriver) => pfDriver switch
    {
        "igb" => "igbvf",
        "ixgbe" => "ixgbevf",
        "i40e" or "ice" => "iavf",
        _ => "",
    };

    private Finding VfDriver(string module, string pfs) => _modules.Find(module) switch
    {
        ModuleState.Loaded => Finding.Ok(module, $"loaded (VFs of {pfs})"),
        ModuleState.Installed => Finding.Ok(module, $"installed, udev loads it with the first VF of {pfs}"),
        ModuleState.Missing => Finding.Failure(
            module, $"the running kernel {_modules.Kernel} has none: VFs of {pfs} get no network interface", InstallRemedy(module)),
        _ => Unknown(module),
    };

    private Finding OnDemand(string title, string module, bool works, string without) => works
        ? Finding.Ok(title, "loaded")
        : _modules.Find(module) switch
        {
            ModuleState.Loaded => Finding.Warning(
                title, $"loaded, but its device is not here: {without}",
                $"in a container: mount {paths.DevRoot} of the host; else read the kernel log (dmesg)"),
            ModuleState.Installed => Finding.Ok(title, "installed, the agent loads it when it is needed"),
            ModuleState.Missing => Finding.Warning(
                title, $"the running kernel {_modules.Kernel} has none: {without}", InstallRemedy(module)),
            _ => Unknown(title),
        };

    private Finding Unknown(string title) => simulated
        ? Finding.Ok(title, "loaded when it is needed (the kernel is simulated)")
        : Finding.Warning(
            title, $"not loaded; whether it could be is unknown, {_modules.Folder} has no list of modules",
            "load it at boot (a file in /etc/modules-load.d); in a container: mount /lib/modules of the host");

    private static string InstallRemedy(string module) =>
        $"install the kernel package that has {module} (Ubuntu: linux-modules-extra-$(uname -r); Debian: linux-image-amd64 in place of " +
        "the cloud kernel); if the kernel was updated since the last boot, reboot";
}
