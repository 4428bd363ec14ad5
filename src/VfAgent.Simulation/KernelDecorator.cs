using VfAgent.Core.Kernel;

namespace VfAgent.Simulation;

/// <summary>Another kernel as it is, but for the calls that a subclass answers otherwise.</summary>
public abstract class KernelDecorator(IKernel inner) : IKernel
{
    public virtual IoResult<string> Read(string path) => inner.Read(path);

    public virtual IoResult<IReadOnlyList<string>> List(string path) => inner.List(path);

    public virtual IoResult<string> ReadLink(string path) => inner.ReadLink(path);

    public virtual IoResult<bool> IsThere(string path) => inner.IsThere(path);

    public virtual IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => inner.OpenFiles(folder);

    public virtual IoError? Write(string path, string value) => inner.Write(path, value);

    public virtual IoResult<Link> GetLink(int ifindex) => inner.GetLink(ifindex);

    public virtual IoError? SetLinkMtu(int ifindex, int mtu) => inner.SetLinkMtu(ifindex, mtu);

    public virtual IoError? SetLinkUp(int ifindex, bool up) => inner.SetLinkUp(ifindex, up);

    public virtual IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex) => inner.GetVfs(pfIfindex);

    public virtual IoError? SetVf(int pfIfindex, int vf, VfSetting setting) => inner.SetVf(pfIfindex, vf, setting);

    public virtual IoResult<EswitchMode> GetEswitch(string device) => inner.GetEswitch(device);

    public virtual IoError? SetEswitch(string device, EswitchMode mode) => inner.SetEswitch(device, mode);

    public virtual IoResult<long> GetInode(string path) => inner.GetInode(path);

    public virtual IoResult<INetworkNamespace> OpenNamespace(string? path) => inner.OpenNamespace(path);

    public virtual IoError? LoadModule(string name) => inner.LoadModule(name);

    public virtual Task<T> RunAsync<T>(Func<T> work) => inner.RunAsync(work);

    public virtual IDisposable Watch(Action<KernelEvent> onEvent) => inner.Watch(onEvent);
}
