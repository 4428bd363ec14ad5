using System.Text.Json;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;

namespace VfAgent.Leases;

/// <summary>
/// Who has which VF, one small file for each (<c>{run}/leases/0000:02:10.0</c>), shared by the agent and the plugins of all containers that start and
/// stop. They are in memory only: no container outlives the host.
/// </summary>
internal sealed class LeaseFiles(DurableFiles files, IKernel kernel, HostPaths paths)
{
    private const int OwnerOnly = 0b110_000_000;

    private readonly LeaseTerm _term = new(kernel, paths);
    private readonly string _folder = FolderIn(paths.RunDirectory);
    private readonly string _lock = Path.Combine(paths.RunDirectory, "lock");

    public static string FolderIn(string runDirectory) => Path.Combine(runDirectory, "leases");

    /// <summary>
    /// Waits for the one lock under which VFs are chosen and their leases written. It is never held while a link is moved into a container or out of
    /// one.
    /// </summary>
    public IoResult<IDisposable> Lock()
    {
        IoResult<IDisposable> held = files.Disk.Lock(_lock);
        if (held.Error is not { Errno: Errno.ENOENT })
            return held;

        return files.Disk.CreateDirectory(_folder) is { } error ? error : files.Disk.Lock(_lock);
    }

    /// <summary>The VFs that have a lease, good or not.</summary>
    public IoResult<IReadOnlyList<PciAddress>> List()
    {
        IoResult<IReadOnlyList<string>> names = files.Disk.List(_folder);
        if (!names.Ok)
            return names.Error.Errno == Errno.ENOENT ? Array.Empty<PciAddress>() : names.Error;

        return names.Value.Where(name => PciAddress.TryParse(name, out _)).Select(PciAddress.Parse).ToArray();
    }

    /// <summary>A VF's lease, good or not; null when there is none.</summary>
    /// <returns>Why it is not known whether there is one; EBADMSG when what is there makes no sense.</returns>
    public IoError? Read(PciAddress vf, out Lease? lease)
    {
        lease = null;
        IoResult<byte[]> bytes = files.Disk.Read(PathOf(vf));
        if (!bytes.Ok)
            return bytes.Error.Errno == Errno.ENOENT ? null : bytes.Error;

        lease = LeaseEntry.Parse(vf.ToString(), bytes.Value);
        return lease is null ? new IoError(Errno.EBADMSG, $"read {PathOf(vf)}") : null;
    }

    /// <summary>The leases of these VFs that can be read, good or not.</summary>
    public IEnumerable<Lease> Of(IEnumerable<PciAddress> vfs) => vfs.Select(vf => Read(vf, out Lease? lease) is null ? lease : null).OfType<Lease>();

    public IoError? Write(Lease lease)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(LeaseEntry.Of(lease), LeaseJson.Default.LeaseEntry);
        IoError? error = files.Write(PathOf(lease.Vf), json, OwnerOnly);
        return error is { Errno: Errno.ENOENT } ? files.Disk.CreateDirectory(_folder) ?? files.Write(PathOf(lease.Vf), json, OwnerOnly) : error;
    }

    public IoError? Drop(PciAddress vf) => files.Delete(PathOf(vf));

    /// <summary>Whether the container may have the VF still.</summary>
    public bool IsGood(Lease lease) => _term.IsGood(lease).ValueOr(true);

    /// <summary>Whether the VF may be the one that the lease is about.</summary>
    public bool IsOfVf(Lease lease) => _term.IsOfVf(lease).ValueOr(true);

    private string PathOf(PciAddress vf) => Path.Combine(_folder, vf.ToString());
}
