using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>
/// What sriov-cni keeps of the VFs that it hands out (its pkg/utils/pci_allocator.go): a file for each, which says whose network namespace has it,
/// and since 2.10 a lock for each, which every run has from its beginning to its end.
/// </summary>
internal sealed class SriovCni(IKernel kernel, IDisk disk, HostPaths paths)
{
    /// <summary>The plugin's type.</summary>
    public const string Type = "sriov";

    private readonly string _allocations = AllocationsIn(paths.CniCacheDirectory);

    public static string AllocationsIn(string cniCacheDirectory) => Path.Combine(cniCacheDirectory, "sriov", "pci");

    /// <summary>Takes a VF's lock.</summary>
    /// <param name="vf">Which.</param>
    /// <param name="wait">Whether to wait for a run of sriov-cni to end.</param>
    /// <param name="held">null where there is nothing to lock, since no sriov-cni that does so has run on this host.</param>
    /// <returns>null, or why it is not to be had; EAGAIN when it is not waited for.</returns>
    public IoError? Lock(PciAddress vf, bool wait, out IDisposable? held)
    {
        IoResult<IDisposable> locked = disk.Lock(Path.Combine(_allocations, "vf_lock", $"{vf}.lock"), wait);
        held = locked.Value;
        return locked.Ok || locked.Error.Errno == Errno.ENOENT ? null : locked.Error;
    }

    /// <summary>The network namespace that has the VF; null when none has.</summary>
    public string? NamespaceWith(PciAddress vf) =>
        disk.Read(Path.Combine(_allocations, vf.ToString())).ValueOr(null) is { } allocation &&
        Encoding.UTF8.GetString(allocation).Trim() is { Length: > 0 } path && kernel.Exists(path)
            ? path
            : null;
}
