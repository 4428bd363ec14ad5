using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>Reads what of the kernel's optional parts is there.</summary>
internal sealed class FeatureReader(IKernel kernel, string sysRoot, string devRoot, string procRoot)
{
    public HostFeatures Read() => new(
        VfioPci: kernel.Exists(Path.Combine(sysRoot, "bus", "pci", "drivers", "vfio-pci")),
        NoIommu: kernel.Read(Path.Combine(sysRoot, "module", "vfio", "parameters", "enable_unsafe_noiommu_mode")).ValueOr("") == "Y",
        VhostNet: kernel.Exists(Path.Combine(devRoot, "vhost-net")),
        Tun: kernel.Exists(Path.Combine(devRoot, "net", "tun")));

    /// <summary>Another for each boot; empty when the kernel does not say.</summary>
    public string BootId() => kernel.Read(Path.Combine(procRoot, "sys", "kernel", "random", "boot_id")).ValueOr("")!;

    public string KernelVersion() => kernel.Read(Path.Combine(procRoot, "sys", "kernel", "osrelease")).ValueOr("")!;
}
