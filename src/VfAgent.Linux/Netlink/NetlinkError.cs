using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// NLMSG_ERROR (struct nlmsgerr): an errno, 0 for an acknowledgement, and the extended ack's text when the kernel gives one.
/// </summary>
internal static class NetlinkError
{
    internal const ushort Type = 2;

    // NLMSGERR_ATTR_MSG.
    private const ushort MessageText = 1;

    /// <summary>null for an acknowledgement; EBADMSG when the message is too short to say.</summary>
    internal static IoError? Parse(NetlinkMessage message, string operation)
    {
        if (!MemoryMarshal.TryRead(message.Payload, out int negativeErrno))
            return new IoError(Errno.EBADMSG, operation);

        return negativeErrno == 0 ? null : new IoError((Errno)(-negativeErrno), operation, Text(message));
    }

    private static string? Text(NetlinkMessage message)
    {
        ReadOnlySpan<byte> request = message.Payload[sizeof(int)..];
        if (!message.Flags.HasFlag(NetlinkFlags.HasAttributes) || !MemoryMarshal.TryRead(request, out MessageHeader header))
            return null;

        // The request's header always follows the errno; the rest of the request only when the answer is not capped.
        bool capped = message.Flags.HasFlag(NetlinkFlags.Capped);
        int repeated = capped ? Unsafe.SizeOf<MessageHeader>() : (int)Math.Min(header.Length, (uint)request.Length);
        var attributes = new AttributeReader(request[Math.Min(NetlinkReader.Align(repeated), request.Length)..]);
        while (attributes.Next())
        {
            if (attributes.Type == MessageText)
                return attributes.Text();
        }

        return null;
    }
}
