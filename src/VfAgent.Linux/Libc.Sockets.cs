using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;
using VfAgent.Linux.Netlink;

namespace VfAgent.Linux;

/// <summary>The socket calls that .NET's Socket does not make for AF_NETLINK.</summary>
internal static partial class Libc
{
    internal const int AF_NETLINK = 16;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_ATTACH_FILTER = 26;
    internal const int SO_RCVBUFFORCE = 33;
    internal const int MSG_PEEK = 2;
    internal const int MSG_TRUNC = 0x20;
    internal const int MSG_DONTWAIT = 0x40;
    internal const short POLLIN = 1;
    internal const int EFD_CLOEXEC = 0x80000;

    internal static nint Receive(SafeFileHandle socket, Span<byte> buffer, int flags, out NetlinkAddress sender)
    {
        nint count;
        do
        {
            int addressLength = Unsafe.SizeOf<NetlinkAddress>();
            count = ReceiveOnce(socket, buffer, buffer.Length, flags, out sender, ref addressLength);
        }
        while (count < 0 && LastErrno == Errno.EINTR);
        return count;
    }

    internal static unsafe int SetSocketFilter(SafeFileHandle socket, ReadOnlySpan<FilterInstruction> program)
    {
        fixed (FilterInstruction* instructions = program)
        {
            var filter = new SocketFilter { Length = (ushort)program.Length, Instructions = (nint)instructions };
            return SetSocketOption(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter, Unsafe.SizeOf<SocketFilter>());
        }
    }

    [LibraryImport(Name, EntryPoint = "socket", SetLastError = true)]
    internal static partial SafeFileHandle Socket(int domain, int type, int protocol);

    [LibraryImport(Name, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(SafeFileHandle socket, in NetlinkAddress address, int length);

    [LibraryImport(Name, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(SafeFileHandle socket, int level, int option, in int value, int length);

    [LibraryImport(Name, EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSocketOption(SafeFileHandle socket, int level, int option, in SocketFilter value, int length);

    [LibraryImport(Name, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> bytes, nint count, int flags);

    [LibraryImport(Name, EntryPoint = "recvfrom", SetLastError = true)]
    private static partial nint ReceiveOnce(
        SafeFileHandle socket, Span<byte> buffer, nint size, int flags, out NetlinkAddress sender, ref int addressLength);

    [LibraryImport(Name, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(Span<PollDescriptor> descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(Name, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial SafeFileHandle EventFd(uint initial, int flags);

    /// <summary>struct sockaddr_nl: port 0 is the kernel, groups is a bit mask.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint PortId;
        public uint Groups;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SocketFilter
    {
        public ushort Length;
        public nint Instructions;
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
