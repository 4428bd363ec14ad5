using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Options;

namespace VfAgent.Host;

/// <summary>Where things are on this host.</summary>
internal sealed record HostPaths(
    string SysRoot, string DevRoot, string ProcRoot, string ConflistDirectory, string CniCacheDirectory, string CdiDirectory,
    string PodmanNetworkDirectory, string RunDirectory)
{
    /// <summary>Where leases are. No setting says so: a plugin reads none.</summary>
    public const string Run = "/run/vfagent";

    /// <summary>Where podman, containerd and ip(8) name network namespaces.</summary>
    public const string Namespaces = "/run/netns";

    /// <summary>Where things are unless settings say otherwise, for plugins, which read none.</summary>
    public static HostPaths Usual { get; } = new(
        "/sys", "/dev", "/proc", "/etc/cni/net.d", "/var/lib/cni", "/etc/cdi", "/etc/containers/networks", Run);

    // Of simulated NICs no container has a VF, and whoever tries them need not be root.
    public static HostPaths Of(Settings settings) => new(
        settings.Linux.SysRoot, settings.Linux.DevRoot, settings.Linux.ProcRoot,
        settings.Cni.ConflistDirectory, settings.Cni.CacheDirectory, settings.Cdi.Directory, settings.Podman.NetworkDirectory,
        settings.Agent.Simulate is null ? Run : Path.Combine(settings.Agent.StateDirectory, "run"));

    /// <summary>The folder with the devices on the PCI bus.</summary>
    public string Devices { get; } = Path.Combine(SysRoot, "bus", "pci", "devices");

    public string Device(PciAddress device) => Path.Combine(Devices, device.ToString());

    public string Folder(OwnedFolder folder) => folder switch
    {
        OwnedFolder.Conflists => ConflistDirectory,
        OwnedFolder.PodmanNetworks => PodmanNetworkDirectory,
        _ => CdiDirectory,
    };

    public string File(OwnedFolder folder, string name) => Path.Combine(Folder(folder), name);
}
