using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>How long leases are good, which nobody has to say: the kernel shows it.</summary>
internal sealed class LeaseTerm(IKernel kernel, HostPaths paths)
{
    /// <summary>Whether the container has the VF still: its namespace is there, and the VF is the same.</summary>
    public IoResult<bool> IsGood(Lease lease)
    {
        IoResult<bool> isRunning = IsThere(lease.Namespace, lease.NamespaceInode);
        return isRunning is { Ok: true, Value: true } ? IsOfVf(lease) : isRunning;
    }

    /// <summary>Whether the VF is there that the lease is about. One that was made anew at its address has nothing of it.</summary>
    public IoResult<bool> IsOfVf(Lease lease) => IsThere(paths.Device(lease.Vf), lease.VfInode);

    private IoResult<bool> IsThere(string path, long inode)
    {
        IoResult<long> found = kernel.GetInode(path);
        return found.Ok ? found.Value == inode : found.Error.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EINVAL ? false : found.Error;
    }
}
