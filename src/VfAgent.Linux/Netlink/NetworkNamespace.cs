using System.Net;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;
using VfAgent.Linux.Files;

namespace VfAgent.Linux.Netlink;

/// <summary>A network namespace by its file, and an rtnetlink socket inside it. Not for two threads at once.</summary>
internal sealed class NetworkNamespace : INetworkNamespace
{
    private const string Own = "/proc/thread-self/ns/net";

    private readonly SafeFileHandle _file;
    private readonly NetlinkSocket _socket;

    private NetworkNamespace(SafeFileHandle file, long inode, NetlinkSocket socket) => (_file, Inode, _socket) = (file, inode, socket);

    public long Inode { get; }

    /// <param name="path">null for the thread's own.</param>
    internal static IoResult<INetworkNamespace> Open(string? path)
    {
        SafeFileHandle file = Libc.Open(path ?? Own, Libc.O_RDONLY);
        if (file.IsInvalid || !FileStatus.TryGet(file, out FileStatus status))
            return Failed(file, Libc.LastError($"open network namespace {path}"));

        IoResult<NetlinkSocket> socket = path is null ? NetlinkSocket.Open(NetlinkSocket.Route) : OpenSocketIn(file, path);
        return socket.Ok ? new NetworkNamespace(file, status.Inode, socket.Value) : Failed(file, socket.Error);
    }

    public IoResult<IReadOnlyList<Link>> GetLinks()
    {
        const string Operation = "get all links";
        Span<byte> buffer = stackalloc byte[64];
        while (true)
        {
            var request = new NetlinkWriter(buffer, RouteNetlink.GetLinkType, NetlinkFlags.Request | NetlinkFlags.Dump);
            request.Header(new LinkHeader());
            request.UInt32(LinkAttribute.ExtensionMask, RouteNetlink.SkipStatistics);
            List<Link> links = [];
            bool malformed = false;
            IoError? error = _socket.Dump(request.Finish(), Operation, message =>
            {
                if (LinkMessage.Parse(message) is { } link)
                    links.Add(link);
                else
                    malformed = true;
            });
            if (error is { Errno: Errno.EINTR })
                continue;
            if (error is not null)
                return error;

            return malformed ? new IoError(Errno.EBADMSG, Operation) : links;
        }
    }

    public IoError? MoveLink(int ifindex, INetworkNamespace to, string name)
    {
        NetlinkWriter request = SetLink(stackalloc byte[64], ifindex);
        request.UInt32(LinkAttribute.NamespaceDescriptor, (uint)((NetworkNamespace)to)._file.DangerousGetHandle());
        request.Text(LinkAttribute.Name, name);
        return Send(request, $"move link {ifindex} into another namespace as {name}");
    }

    public IoError? SetLinkName(int ifindex, string name)
    {
        NetlinkWriter request = SetLink(stackalloc byte[64], ifindex);
        request.Text(LinkAttribute.Name, name);
        return Send(request, $"rename link {ifindex} to {name}");
    }

    public IoError? RemoveAlternativeName(int ifindex, string name)
    {
        NetlinkWriter request = Change(stackalloc byte[192], RouteNetlink.DeleteLinkPropertyType, ifindex);
        int list = request.BeginNested(LinkAttribute.PropertyList);
        request.Text(LinkAttribute.AlternativeName, name);
        request.EndNested(list);
        return Send(request, $"take the alternative name {name} from link {ifindex}");
    }

    public IoError? SetLinkMac(int ifindex, string mac)
    {
        string operation = $"set the address of link {ifindex} to {mac}";
        Span<byte> octets = stackalloc byte[VfMacValue.EthernetLength];
        if (!LinkMessage.TryReadMac(mac, octets))
            return new IoError(Errno.EINVAL, operation, "not a MAC address");

        NetlinkWriter request = SetLink(stackalloc byte[64], ifindex);
        request.Bytes(LinkAttribute.Address, octets);
        return Send(request, operation);
    }

    public IoError? SetLinkMtu(int ifindex, int mtu) => RouteNetlink.SetMtu(ifindex, mtu, _socket);

    public IoError? SetLinkUp(int ifindex, bool up) => RouteNetlink.SetUp(ifindex, up, _socket);

    public IoError? AddAddress(int ifindex, IPAddress address, int prefixLength) =>
        Send(RouteMessage.NewAddress(stackalloc byte[96], ifindex, address, prefixLength), $"add address {address}/{prefixLength} to link {ifindex}");

    public IoError? AddRoute(NetworkRoute route) => Send(RouteMessage.NewRoute(stackalloc byte[96], route), $"add route {route}");

    public void Dispose()
    {
        _socket.Dispose();
        _file.Dispose();
    }

    // A socket belongs to the namespace that its thread is in when it is made. The thread goes back before it ends: what the runtime starts from it
    // would stay there for ever.
    private static IoResult<NetlinkSocket> OpenSocketIn(SafeFileHandle file, string path)
    {
        IoResult<NetlinkSocket> result = new IoError(Errno.EINVAL, $"enter network namespace {path}");
        var thread = new Thread(() =>
        {
            using SafeFileHandle home = Libc.Open(Own, Libc.O_RDONLY);
            if (home.IsInvalid || Libc.SetNamespace(file, Libc.CLONE_NEWNET) != 0)
            {
                result = Libc.LastError($"enter network namespace {path}");
                return;
            }

            result = NetlinkSocket.Open(NetlinkSocket.Route);
            _ = Libc.SetNamespace(home, Libc.CLONE_NEWNET);
        })
        {
            IsBackground = true,
            Name = "network namespace",
        };
        thread.UnsafeStart();
        thread.Join();
        return result;
    }

    private static IoResult<INetworkNamespace> Failed(SafeFileHandle file, IoError error)
    {
        file.Dispose();
        return error;
    }

    private static NetlinkWriter SetLink(Span<byte> buffer, int ifindex) => Change(buffer, RouteNetlink.SetLinkType, ifindex);

    private static NetlinkWriter Change(Span<byte> buffer, ushort type, int ifindex)
    {
        var request = new NetlinkWriter(buffer, type, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        request.Header(new LinkHeader { Index = ifindex });
        return request;
    }

    private IoError? Send(scoped NetlinkWriter request, string operation) => _socket.Request(request.Finish(), operation, out _);
}
