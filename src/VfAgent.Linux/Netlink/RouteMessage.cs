using System.Runtime.CompilerServices;

namespace VfAgent.Linux.Netlink;

/// <summary>RTM_NEWROUTE and RTM_DELROUTE as far as the agent reads them: whether they are about a default route.</summary>
internal static class RouteMessage
{
    private const ushort New = 24;
    private const ushort Deleted = 25;

    // rtm_dst_len is the second byte of struct rtmsg.
    private const int LengthOffset = 1;

    /// <summary>Lets only datagrams through whose first message is about a prefix of no length. The kernel sends each route in its own.</summary>
    internal static FilterInstruction[] IsOfNoLength { get; } =
    [
        FilterInstruction.LoadByte(Unsafe.SizeOf<MessageHeader>() + LengthOffset),
        FilterInstruction.SkipUnlessEqual(0, skip: 1),
        FilterInstruction.Return(uint.MaxValue),
        FilterInstruction.Return(0),
    ];

    internal static bool HasDefault(ReadOnlySpan<byte> datagram)
    {
        var reader = new NetlinkReader(datagram);
        while (reader.TryRead(out NetlinkMessage message))
        {
            if (message.Type is New or Deleted && message.Payload.Length > LengthOffset && message.Payload[LengthOffset] == 0)
                return true;
        }

        return false;
    }
}
