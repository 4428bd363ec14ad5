using VfAgent.Core.Kernel;
using VfAgent.Linux.Files;
using VfAgent.Linux.Netlink;
using VfAgent.Linux.Sysfs;
using VfAgent.Linux.Uevents;

namespace VfAgent.Linux;

/// <summary>The machine that the agent runs on, in the network namespace of the thread that calls.</summary>
/// <param name="sysRoot">Where sysfs is mounted. Paths arrive whole; this is for what is looked up beside them (<c>physfn</c>, a link's
/// device, modules).</param>
/// <param name="procRoot">Where proc is mounted; for what is asked of all processes.</param>
public sealed class LinuxKernel(string sysRoot = "/sys", string procRoot = "/proc") : IKernel, IDisposable
{
    private readonly BlockingWorkers _workers = new();

    public IoResult<string> Read(string path) => SysfsFiles.Read(path);

    public IoResult<IReadOnlyList<string>> List(string path) => SysfsFiles.List(path);

    public IoResult<string> ReadLink(string path) => SysfsFiles.ReadLink(path);

    public IoResult<bool> IsThere(string path) => SysfsFiles.IsThere(path);

    public IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => Sysfs.OpenFiles.Below(folder, procRoot);

    public IoError? Write(string path, string value) => SysfsFiles.Write(path, value);

    public IoResult<Link> GetLink(int ifindex) => RouteNetlink.GetLink(ifindex);

    public IoError? SetLinkMtu(int ifindex, int mtu) => RouteNetlink.SetMtu(ifindex, mtu);

    public IoError? SetLinkUp(int ifindex, bool up) => RouteNetlink.SetUp(ifindex, up);

    public IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex) => RouteNetlink.GetVfs(pfIfindex);

    public IoError? SetVf(int pfIfindex, int vf, VfSetting setting) => RouteNetlink.SetVf(pfIfindex, vf, setting);

    public IoResult<EswitchMode> GetEswitch(string device) => Devlink.GetEswitch(device);

    public IoError? SetEswitch(string device, EswitchMode mode) => Devlink.SetEswitch(device, mode);

    public IoResult<long> GetInode(string path) =>
        FileStatus.TryGet(path, out FileStatus status) ? status.Inode : Libc.LastError($"stat {path}");

    public IoResult<INetworkNamespace> OpenNamespace(string? path) => NetworkNamespace.Open(path);

    public IoError? LoadModule(string name) => ModuleLoader.Load(name, sysRoot);

    /// <summary>Every call that finds no idle worker gets a thread of its own, so hung calls hold up no other.</summary>
    public Task<T> RunAsync<T>(Func<T> work) => _workers.RunAsync(work);

    /// <summary>
    /// Uevents (NETLINK_KOBJECT_UEVENT), link messages (RTNLGRP_LINK) and default routes (RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE) on one thread that
    /// is asleep while nothing happens. Events of devices that are not on the PCI bus are reported too, without <see cref="KernelEvent.Device"/>.
    /// </summary>
    /// <exception cref="IOException">The process may not open netlink sockets, without which it could not read a link either.</exception>
    public IDisposable Watch(Action<KernelEvent> onEvent)
    {
        IoResult<PollThread> reader = KernelEventReader.Start(sysRoot, onEvent);
        return reader.Ok ? reader.Value : throw new IOException(reader.Error.ToString());
    }

    /// <summary>Ends the idle workers; calls under way run on, and so do watches until they are disposed.</summary>
    public void Dispose() => _workers.Dispose();
}
