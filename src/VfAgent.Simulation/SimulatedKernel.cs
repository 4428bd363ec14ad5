using System.Globalization;
using VfAgent.Core.Kernel;
using VfAgent.Simulation.Calls;
using VfAgent.Simulation.Hardware;
using VfAgent.Simulation.Tree;

namespace VfAgent.Simulation;

/// <summary>
/// A Linux kernel with SR-IOV NICs, in memory: what the agent reads and writes behaves as measured on emulated igb hardware, and as the kernel's
/// and drivers' sources say where nothing was measured. Calls come from any thread and are served one at a time; what happens later happens on
/// timers of the given clock; what is random comes from the seed. So the same calls at the same times give the same host.
/// </summary>
/// <remarks>
/// A call that blocks cannot put a thread to sleep, because there is none. It unwinds the work given to <see cref="RunAsync{T}"/>, whose task stays
/// open. When the call can return, the work is run again from its start: the calls it had made before are answered as they were, with no effect,
/// and it goes on behind the one that blocked. Such work must depend on nothing but what its calls return.
/// </remarks>
public sealed partial class SimulatedKernel : IKernel
{
    private readonly CallGate _gate;
    private readonly AgentProcess _process;
    private readonly EventHub _events;
    private readonly Func<Machine> _machine;

    internal SimulatedKernel(CallGate gate, AgentProcess process, EventHub events, Func<Machine> machine) =>
        (_gate, _process, _events, _machine) = (gate, process, events, machine);

    private Machine Machine => _machine();

    public IoResult<string> Read(string path) => Query<string>(CallKind.Read, path, "read", _ =>
    {
        Text text = Find(path, out Node node) is { } error ? error : node is TextFile file ? file.Read() : Errno.EISDIR;
        return text.Error is { } refused ? Error(refused, "read", path) : text.Value;
    });

    public IoResult<IReadOnlyList<string>> List(string path) => Query<IReadOnlyList<string>>(CallKind.List, path, "list", _ =>
    {
        if (Find(path, out Node node) is { } error)
            return Error(error, "list", path);

        return node is Folder folder ? new List<string>(folder.List()) : Error(Errno.ENOTDIR, "list", path);
    });

    public IoResult<string> ReadLink(string path) => Query<string>(CallKind.ReadLink, path, "read link", _ =>
    {
        if (Machine.Tree.Resolve(path, follow: false, out Node node) is { } error)
            return Error(error, "read link", path);

        return node is SymbolicLink link ? Path.GetFileName(link.Target) : Error(Errno.EINVAL, "read link", path);
    });

    public IoResult<bool> IsThere(string path) => Query<bool>(CallKind.IsThere, path, "look for", _ => Find(path, out Node _) is null);

    public IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => Query<IReadOnlyList<OpenFile>>(CallKind.OpenFiles, folder, "find who has open", _ =>
        Machine.VfioUsers.ByPid
            .SelectMany(user => user.Value.Files, (user, path) => new OpenFile(path, user.Key, user.Value.Process))
            .Where(file => file.Path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal))
            .ToArray());

    public IoError? Write(string path, string value)
    {
        string operation = $"write {value.TrimEnd('\n')} to";
        return _gate.Mutate(_process, CallKind.Write, path, value, Effect, errno => Error(errno, operation, path));

        IoError? Effect(Fault fault)
        {
            // As in LinuxKernel, which does not ask the kernel either.
            if (value.Length == 0)
                return Error(Errno.EINVAL, operation, path) with { KernelText = "nothing to write" };

            Errno? errno = Find(path, out Node node) ?? (node is TextFile file ? file.Write(value, fault) : Errno.EISDIR);
            return errno is { } refused ? Error(refused, operation, path) : null;
        }
    }

    public IoResult<Link> GetLink(int ifindex)
    {
        string name = NameOf(ifindex);
        return Query<Link>(CallKind.GetLink, name, "get link", _ => Machine.Links.Find(ifindex) is { } netdev
            ? netdev.Describe()
            : Error(Errno.ENODEV, "get link", name));
    }

    public IoError? SetLinkMtu(int ifindex, int mtu) =>
        SetLink(CallKind.SetLinkMtu, ifindex, $"{mtu}", $"set MTU {mtu} of link", netdev => Machine.Links.SetMtu(netdev, mtu));

    public IoError? SetLinkUp(int ifindex, bool up) =>
        SetLink(CallKind.SetLinkUp, ifindex, up ? "up" : "down", up ? "set up link" : "set down link", netdev =>
        {
            Machine.Links.SetUp(netdev, up);
            return null;
        });

    public IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex)
    {
        string name = NameOf(pfIfindex);
        return Query<IReadOnlyList<VfAttributes>>(CallKind.GetVfs, name, "get VFs of link", _ => Machine.Links.Find(pfIfindex) is { } netdev
            ? netdev.Device?.Sriov?.Settings.Select(vf => vf.Attributes).ToArray() ?? []
            : Error(Errno.ENODEV, "get VFs of link", name));
    }

    public IoError? SetVf(int pfIfindex, int vf, VfSetting setting) =>
        SetLink(CallKind.SetVf, pfIfindex, $"vf {vf} {setting}", $"set vf {vf} {setting} of link", netdev =>
            Machine.Links.SetVf(netdev, vf, setting) is { } errno ? (errno, null) : null);

    public IoResult<EswitchMode> GetEswitch(string device) => Query<EswitchMode>(CallKind.GetEswitch, device, "get the eswitch mode of", _ =>
        Machine.Eswitches.Find(device, out PciDevice pf) is { } errno ? Error(errno, "get the eswitch mode of", device) : pf.Sriov!.Eswitch);

    public IoError? SetEswitch(string device, EswitchMode mode)
    {
        const string Operation = "set the eswitch mode of";
        return _gate.Mutate(
            _process, CallKind.SetEswitch, device, mode.Word(),
            _ => Machine.Eswitches.Set(device, mode) is { } refusal ? Error(refusal.Errno, Operation, device) with { KernelText = refusal.Text } : null,
            errno => Error(errno, Operation, device));
    }

    public IoResult<long> GetInode(string path) => Query<long>(CallKind.GetInode, path, "stat", _ => Inode(path, "stat"));

    public IoResult<INetworkNamespace> OpenNamespace(string? path) =>
        Query<INetworkNamespace>(CallKind.OpenNamespace, path ?? "host", "open network namespace", _ =>
        {
            if (path is null)
                return new SimulatedNamespace(_gate, _process, _machine, null, Namespaces.HostInode);

            IoResult<long> inode = Inode(path, "open network namespace");
            return inode.Ok ? new SimulatedNamespace(_gate, _process, _machine, Path.GetFileName(path), inode.Value) : inode.Error;
        });

    public IoError? LoadModule(string name)
    {
        const string Operation = "load module";
        return _gate.Mutate(
            _process, CallKind.LoadModule, name, null,
            _ => Machine.Modules.Probe(name) is { } errno ? Error(errno, Operation, name) : null,
            errno => Error(errno, Operation, name));
    }

    public Task<T> RunAsync<T>(Func<T> work) => _gate.RunAsync(_process, work);

    public IDisposable Watch(Action<KernelEvent> onEvent) => _events.Watch(_process, onEvent);

    private static IoError Error(Errno errno, string operation, string subject) => new(errno, $"{operation} {subject}");

    private Errno? Find(string path, out Node node) => Machine.Tree.Resolve(path, follow: true, out node);

    // Only namespaces are asked for.
    private IoResult<long> Inode(string path, string operation)
    {
        if (Find(path, out Node node) is { } error)
            return Error(error, operation, path);
        if (node is Folder { Inode: { } inode })
            return inode;

        return Path.GetDirectoryName(path) == Namespaces.Folder && Machine.Links.Namespaces.Find(Path.GetFileName(path)) is { } container
            ? container.Inode
            : Error(Errno.EINVAL, operation, path);
    }

    private string NameOf(int ifindex)
    {
        using CallGate.Scope scope = _gate.Look();
        return Machine.Links.Find(ifindex)?.Name ?? ifindex.ToString(CultureInfo.InvariantCulture);
    }

    private IoResult<T> Query<T>(CallKind kind, string path, string operation, Func<Fault, IoResult<T>> answer) =>
        _gate.Query(_process, kind, path, answer, errno => Error(errno, operation, path));

    private IoError? SetLink(CallKind kind, int ifindex, string value, string operation, Func<Netdev, (Errno Errno, string? Text)?> set)
    {
        string name = NameOf(ifindex);
        return _gate.Mutate(_process, kind, name, value, Effect, errno => Error(errno, operation, name));

        IoError? Effect(Fault fault)
        {
            if (Machine.Links.Find(ifindex) is not { } netdev)
                return Error(Errno.ENODEV, operation, name);

            return set(netdev) is { } refusal ? Error(refusal.Errno, operation, name) with { KernelText = refusal.Text } : null;
        }
    }
}
