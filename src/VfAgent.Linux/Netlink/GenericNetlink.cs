using System.Runtime.InteropServices;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// A family of generic netlink, which the kernel numbers as it likes: it is asked for by name (linux/genetlink.h). Not for two threads at once.
/// </summary>
internal sealed class GenericNetlink : IDisposable
{
    // GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID and CTRL_ATTR_FAMILY_NAME.
    private const ushort Controller = 16;
    private const byte GetFamily = 3;
    private const ushort FamilyId = 1;
    private const ushort FamilyName = 2;

    private readonly NetlinkSocket _socket;
    private readonly ushort _family;

    private GenericNetlink(NetlinkSocket socket, ushort family) => (_socket, _family) = (socket, family);

    /// <summary>ENOENT when the kernel has no such family.</summary>
    internal static IoResult<GenericNetlink> Open(string family)
    {
        IoResult<NetlinkSocket> opened = NetlinkSocket.Open(NetlinkSocket.Generic);
        if (!opened.Ok)
            return opened.Error;

        NetlinkSocket socket = opened.Value;
        IoResult<ushort> id = IdOf(socket, family);
        if (id.Ok)
            return new GenericNetlink(socket, id.Value);

        socket.Dispose();
        return id.Error;
    }

    /// <summary>A message of the family, to be completed.</summary>
    internal NetlinkWriter Message(Span<byte> buffer, byte command, NetlinkFlags flags) => Message(buffer, _family, command, flags);

    /// <inheritdoc cref="NetlinkSocket.Request"/>
    internal IoError? Request(scoped Span<byte> request, string operation, out NetlinkMessage answer) => _socket.Request(request, operation, out answer);

    public void Dispose() => _socket.Dispose();

    private static NetlinkWriter Message(Span<byte> buffer, ushort type, byte command, NetlinkFlags flags)
    {
        var message = new NetlinkWriter(buffer, type, flags);
        message.Header(new GenericHeader { Command = command, Version = 1 });
        return message;
    }

    private static IoResult<ushort> IdOf(NetlinkSocket socket, string family)
    {
        string operation = $"find netlink family {family}";
        NetlinkWriter request = Message(stackalloc byte[64], Controller, GetFamily, NetlinkFlags.Request);
        request.Text(FamilyName, family);
        if (socket.Request(request.Finish(), operation, out NetlinkMessage answer) is { } error)
            return error;

        if (answer.TryReadHeader(out GenericHeader _, out AttributeReader attributes))
        {
            while (attributes.Next())
            {
                if (attributes.Type == FamilyId)
                    return attributes.Structure<ushort>();
            }
        }

        return new IoError(Errno.EBADMSG, operation);
    }
}

/// <summary>struct genlmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GenericHeader
{
    public byte Command;
    public byte Version;
    public ushort Reserved;
}
