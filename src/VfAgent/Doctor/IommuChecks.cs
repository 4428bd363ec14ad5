using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Doctor;

/// <summary>What vfio-pci needs of the IOMMU. Everything here is a warning at most: VFs with a kernel driver need none.</summary>
internal sealed class IommuChecks(IKernel kernel, HostPaths paths)
{
    private const string BridgeClass = "0x0604";

    private readonly string _groups = Path.Combine(paths.SysRoot, "kernel", "iommu_groups");
    private readonly PfReader _reader = new(kernel, paths);

    public IEnumerable<Finding> Run()
    {
        int groups = kernel.List(_groups).ValueOr([])!.Count;
        bool noIommu = new FeatureReader(kernel, paths).Read().NoIommu;
        if (groups == 0 && noIommu)
        {
            yield return Finding.Warning(
                "IOMMU", "none, and vfio works without (enable_unsafe_noiommu_mode): whoever has a VF can write all memory of this host",
                "switch the IOMMU on: " + Remedy());
        }
        else if (groups == 0)
        {
            yield return Finding.Warning("IOMMU", "none: no VF can be given to vfio-pci (VM, DPDK); kernel drivers need none", Remedy());
        }
        else
        {
            yield return Finding.Ok("IOMMU", $"on, {groups} groups");
        }

        foreach (PciAddress pf in _reader.ListPfs().ValueOr([]))
        {
            string[] neighbours = [.. Neighbours(pf)];
            if (neighbours.Length > 0)
            {
                yield return Finding.Warning(
                    $"group of {pf}", $"shared with {string.Join(", ", neighbours)}; vfio opens a group only as a whole",
                    "enable ACS (Access Control Services) in the BIOS, or move the NIC to a slot of its own root port");
            }
        }
    }

    // A PF's VFs count as well: they are in its group where ACS does not separate them. Bridges do not, vfio lets them be.
    private IEnumerable<string> Neighbours(PciAddress pf)
    {
        string device = paths.Device(pf);
        if (kernel.ReadLink(Path.Combine(device, "iommu_group")) is not { Ok: true, Value: var group })
            return [];

        string members = Path.Combine(_groups, group, "devices");
        return kernel.List(members).ValueOr([])!.Where(name => name != pf.ToString() && !IsBridge(Path.Combine(members, name)));
    }

    private bool IsBridge(string device) =>
        kernel.Read(Path.Combine(device, "class")).ValueOr("")!.StartsWith(BridgeClass, StringComparison.Ordinal);

    // The firmware's table tells whether the machine has an IOMMU switched on: DMAR is Intel's, IVRS is AMD's.
    private string Remedy()
    {
        string tables = Path.Combine(paths.SysRoot, "firmware", "acpi", "tables");
        string commandLine = kernel.Read(Path.Combine(paths.ProcRoot, "cmdline")).ValueOr("")!;
        string[] off = [.. commandLine.Split(' ').Where(word => word is "iommu=off" or "intel_iommu=off" or "amd_iommu=off")];
        if (off.Length > 0)
            return $"take {string.Join(" and ", off)} from the kernel command line";

        if (kernel.Exists(Path.Combine(tables, "DMAR")))
        {
            return commandLine.Contains("intel_iommu=on", StringComparison.Ordinal)
                ? "the firmware has VT-d and the kernel was told intel_iommu=on, yet has no groups: read the kernel log (dmesg | grep -i dmar)"
                : "add intel_iommu=on iommu=pt to the kernel command line and reboot";
        }

        return kernel.Exists(Path.Combine(tables, "IVRS"))
            ? "AMD's IOMMU is there but the kernel does not use it: read the kernel log (dmesg | grep -i amd-vi)"
            : "enable VT-d (Intel) or AMD-Vi in the BIOS, in a virtual machine a virtual IOMMU, boot with intel_iommu=on iommu=pt on Intel";
    }
}
