using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>Reads what of the kernel's optional parts is there.</summary>
internal sealed class FeatureReader(IKernel kernel, HostPaths paths)
{
    public HostFeatures Read() => new(
        VfioPci: kernel.Exists(Path.Combine(paths.SysRoot, "bus", "pci", "drivers", "vfio-pci")),
        NoIommu: kernel.Read(Path.Combine(paths.SysRoot, "module", "vfio", "parameters", "enable_unsafe_noiommu_mode")).ValueOr("") == "Y",
        VhostNet: kernel.Exists(Path.Combine(paths.DevRoot, "vhost-net")),
        Tun: kernel.Exists(Path.Combine(paths.DevRoot, "net", "tun")));

    /// <summary>The kernel's lockdown level, <c>integrity</c> or <c>confidentiality</c>; null when it is not locked down.</summary>
    public string? Lockdown()
    {
        // The level in force is in brackets: none [integrity] confidentiality
        string text = kernel.Read(Path.Combine(paths.SysRoot, "kernel", "security", "lockdown")).ValueOr("")!;
        return text.Split(' ').FirstOrDefault(level => level is "[integrity]" or "[confidentiality]")?[1..^1];
    }

    /// <summary>Another for each boot; empty when the kernel does not say.</summary>
    public string BootId() => kernel.Read(Path.Combine(paths.ProcRoot, "sys", "kernel", "random", "boot_id")).ValueOr("")!;

    public string KernelVersion() => kernel.Read(Path.Combine(paths.ProcRoot, "sys", "kernel", "osrelease")).ValueOr("")!;
}
