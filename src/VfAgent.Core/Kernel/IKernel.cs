namespace VfAgent.Core.Kernel;

/// <summary>
/// Everything the agent asks of the kernel: attributes under <c>/sys</c>, <c>/proc</c> and <c>/dev</c>, links and VFs over rtnetlink,
/// switches over devlink, modules and uevents. The calls block, and a driver may make one block for ever: whoever calls runs them through
/// <see cref="RunAsync{T}"/> and waits with a deadline.
/// </summary>
public interface IKernel
{
    /// <summary>An attribute's text without its last newline.</summary>
    IoResult<string> Read(string path);

    /// <summary>The names in a folder, in ordinal order.</summary>
    IoResult<IReadOnlyList<string>> List(string path);

    /// <summary>
    /// The last path segment of a symbolic link's target (<c>driver</c> → <c>igbvf</c>), which is all that sysfs links are read for.
    /// </summary>
    IoResult<string> ReadLink(string path);

    /// <summary>Whether there is something; an error when that cannot be told.</summary>
    IoResult<bool> IsThere(string path);

    /// <summary>
    /// Which processes have a file below this folder open, in the order of their ids, each file once. A process that ends meanwhile, or that
    /// may not be looked at, is left out.
    /// </summary>
    IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder);

    /// <summary>Writes an attribute with exactly one <c>write(2)</c>; never creates or truncates a file.</summary>
    /// <returns>null, or the error of open(2) or write(2).</returns>
    IoError? Write(string path, string value);

    /// <summary>A link of the agent's network namespace by its index (RTM_GETLINK); ENODEV when there is none.</summary>
    IoResult<Link> GetLink(int ifindex);

    /// <summary>Sets a link's MTU in bytes (RTM_SETLINK, IFLA_MTU).</summary>
    IoError? SetLinkMtu(int ifindex, int mtu);

    /// <summary>Sets or clears IFF_UP (RTM_SETLINK).</summary>
    IoError? SetLinkUp(int ifindex, bool up);

    /// <summary>
    /// What a PF's driver holds for its VFs, by index (RTM_GETLINK with RTEXT_FILTER_VF); one that the driver says nothing of is left out. ENODEV
    /// when there is no such link; EBADMSG when the answer makes no sense, as when the VFs do not fit 64 KiB (some 250 before Linux 6.5).
    /// </summary>
    IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex);

    /// <summary>
    /// Sets one attribute of a VF (RTM_SETLINK, IFLA_VF_INFO). EOPNOTSUPP when the driver has no such attribute; EINVAL, and whatever else a driver
    /// answers, when it does not take the value or has no such VF.
    /// </summary>
    IoError? SetVf(int pfIfindex, int vf, VfSetting setting);

    /// <summary>The mode of a NIC's embedded switch (DEVLINK_CMD_ESWITCH_GET).</summary>
    /// <param name="device">In devlink's words: <c>pci/0000:02:00.0</c>.</param>
    /// <returns>ENODEV when the device is not there or its driver is not on devlink, EOPNOTSUPP when the driver has no such switch.</returns>
    IoResult<EswitchMode> GetEswitch(string device);

    /// <summary>
    /// Sets it (DEVLINK_CMD_ESWITCH_SET), which takes seconds with some drivers. EOPNOTSUPP, EINVAL, EBUSY or EPERM, mostly with the driver's own
    /// words, when it does not do that now or at all.
    /// </summary>
    /// <inheritdoc cref="GetEswitch"/>
    IoError? SetEswitch(string device, EswitchMode mode);

    /// <summary>
    /// What tells the file or namespace that a path leads to from a later one of the same path; ENOENT when there is none.
    /// </summary>
    IoResult<long> GetInode(string path);

    /// <summary>Enters a network namespace for its links; EINVAL when the path leads to something else.</summary>
    /// <param name="path">Such as <c>/run/netns/web</c>; null for the agent's own.</param>
    IoResult<INetworkNamespace> OpenNamespace(string? path);

    /// <summary>Loads a module as modprobe does; ENOENT when the running kernel has none of that name.</summary>
    IoError? LoadModule(string name);

    /// <summary>Runs blocking work on a worker and hands back its result. The task ends when the work does, however long that takes.</summary>
    Task<T> RunAsync<T>(Func<T> work);

    /// <summary>
    /// Calls <paramref name="onEvent"/> for every kernel event until disposed. Called on a thread of the kernel's choice: it must only note and
    /// return.
    /// </summary>
    IDisposable Watch(Action<KernelEvent> onEvent);
}

public static class KernelExtensions
{
    /// <summary>Whether there is something, as far as can be told: for what it is no harm to overlook.</summary>
    public static bool Exists(this IKernel kernel, string path) => kernel.IsThere(path).ValueOr(false);
}
