using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// A socket of one netlink protocol: requests with their answers, or the messages of multicast groups. Not for two threads at once.
/// </summary>
internal sealed class NetlinkSocket : IDisposable
{
    internal const int Route = 0;
    internal const int KernelUevent = 15;
    internal const int Generic = 16;

    // NLMSG_DONE.
    private const ushort EndOfDump = 3;

    private const int SolNetlink = 270;
    private const int NetlinkCapAck = 10;
    private const int NetlinkExtAck = 11;

    private byte[] _buffer = new byte[4096];
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle) => Handle = handle;

    internal delegate void MessageHandler(NetlinkMessage message);

    internal SafeFileHandle Handle { get; }

    /// <param name="protocol">NETLINK_…</param>
    /// <param name="groups">Multicast groups as a bit mask.</param>
    internal static IoResult<NetlinkSocket> Open(int protocol, uint groups = 0)
    {
        SafeFileHandle handle = Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol);
        var address = new Libc.NetlinkAddress { Family = Libc.AF_NETLINK, Groups = groups };
        if (handle.IsInvalid || Libc.Bind(handle, address, Unsafe.SizeOf<Libc.NetlinkAddress>()) != 0)
        {
            IoError error = Libc.LastError($"open netlink socket {protocol}");
            handle.Dispose();
            return error;
        }

        var socket = new NetlinkSocket(handle);

        // Both are refinements: without them an error is still an error, only with fewer words.
        socket.SetOption(SolNetlink, NetlinkExtAck, 1);
        socket.SetOption(SolNetlink, NetlinkCapAck, 1);
        return socket;
    }

    internal void SetOption(int level, int option, int value) => _ = Libc.SetSocketOption(Handle, level, option, value, sizeof(int));

    /// <summary>From now on the kernel only sends what the program lets through. A kernel that refuses sends all, so the reader looks as well.</summary>
    internal void Filter(ReadOnlySpan<FilterInstruction> program) => _ = Libc.SetSocketFilter(Handle, program);

    /// <summary>
    /// Sends a request and waits for its answer: the first message that bears its sequence number. An acknowledgement has no content; an
    /// NLMSG_ERROR becomes the error. <paramref name="answer"/> is good until the next receive.
    /// </summary>
    internal IoError? Request(scoped Span<byte> request, string operation, out NetlinkMessage answer)
    {
        answer = default;
        if (Send(request, operation) is { } refused)
            return refused;

        while (true)
        {
            if (Receive(0, operation, out ReadOnlySpan<byte> datagram) is { } error)
                return error;

            var reader = new NetlinkReader(datagram);
            while (reader.TryRead(out answer))
            {
                if (answer.Sequence == _sequence)
                    return answer.Type == NetlinkError.Type ? NetlinkError.Parse(answer, operation) : null;
            }

            if (reader.Malformed)
                return new IoError(Errno.EBADMSG, operation);
        }
    }

    /// <summary>
    /// Asks for all there is (NLM_F_DUMP) and hands each message to <paramref name="take"/>. EINTR when something changed meanwhile, so that what was
    /// handed over may not fit together.
    /// </summary>
    internal IoError? Dump(scoped Span<byte> request, string operation, MessageHandler take)
    {
        if (Send(request, operation) is { } refused)
            return refused;

        bool interrupted = false;
        while (true)
        {
            if (Receive(0, operation, out ReadOnlySpan<byte> datagram) is { } error)
                return error;

            var reader = new NetlinkReader(datagram);
            while (reader.TryRead(out NetlinkMessage message))
            {
                if (message.Sequence != _sequence)
                    continue;

                // The end has an errno in it as an error has.
                interrupted |= message.Flags.HasFlag(NetlinkFlags.DumpInterrupted);
                if (message.Type is EndOfDump or NetlinkError.Type)
                    return NetlinkError.Parse(message, operation) ?? (interrupted ? new IoError(Errno.EINTR, operation) : null);

                take(message);
            }

            if (reader.Malformed)
                return new IoError(Errno.EBADMSG, operation);
        }
    }

    /// <summary>
    /// One datagram from the kernel, whatever its size; those of other processes are dropped. Good until the next receive.
    /// </summary>
    internal IoError? Receive(int flags, string operation, out ReadOnlySpan<byte> datagram)
    {
        datagram = default;
        while (true)
        {
            nint size = Libc.Receive(Handle, [], flags | Libc.MSG_PEEK | Libc.MSG_TRUNC, out _);
            if (size > _buffer.Length)
                _buffer = new byte[size];

            if (size < 0 || (size = Libc.Receive(Handle, _buffer, flags, out Libc.NetlinkAddress sender)) < 0)
                return Libc.LastError(operation);

            if (sender.PortId == 0)
            {
                datagram = _buffer.AsSpan(0, (int)size);
                return null;
            }
        }
    }

    public void Dispose() => Handle.Dispose();

    private IoError? Send(Span<byte> request, string operation)
    {
        MemoryMarshal.Write(request[MessageHeader.SequenceOffset..], ++_sequence);
        return Libc.Send(Handle, request, request.Length, 0) < 0 ? Libc.LastError(operation) : null;
    }
}
