using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// RTM_NEWROUTE and RTM_DELROUTE as far as the agent reads them: whether they are about a default route. RTM_NEWROUTE and RTM_NEWADDR as they are
/// written.
/// </summary>
internal static class RouteMessage
{
    private const ushort NewAddressType = 20;
    private const ushort New = 24;
    private const ushort Deleted = 25;

    // AF_INET and AF_INET6 of the kernel.
    private const byte Ipv4 = 2;
    private const byte Ipv6 = 10;

    // Two hosts, or one, have no address for all.
    private const int LongestWithBroadcast = 30;

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

    internal static NetlinkWriter NewAddress(Span<byte> buffer, int ifindex, IPAddress address, int prefixLength)
    {
        var request = new NetlinkWriter(
            buffer, NewAddressType, NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create | NetlinkFlags.Exclusive);
        request.Header(new AddressHeader { Family = FamilyOf(address), PrefixLength = (byte)prefixLength, Index = ifindex });
        byte[] octets = address.GetAddressBytes();
        request.Bytes(AddressAttribute.Local, octets);
        request.Bytes(AddressAttribute.Address, octets);
        if (FamilyOf(address) == Ipv4 && prefixLength <= LongestWithBroadcast)
        {
            uint all = BinaryPrimitives.ReadUInt32BigEndian(octets) | (uint)(uint.MaxValue >> prefixLength);
            BinaryPrimitives.WriteUInt32BigEndian(octets, all);
            request.Bytes(AddressAttribute.Broadcast, octets);
        }

        return request;
    }

    // Not exclusive: several networks of a container may each lead its default route over their gateway.
    internal static NetlinkWriter NewRoute(Span<byte> buffer, NetworkRoute route)
    {
        var request = new NetlinkWriter(buffer, New, NetlinkFlags.Request | NetlinkFlags.Acknowledge | NetlinkFlags.Create);
        bool isOnLink = route is { Kind: RouteKind.Unicast, Gateway: null };
        request.Header(new RouteHeader
        {
            Family = FamilyOf(route.Destination.BaseAddress),
            DestinationLength = (byte)route.Destination.PrefixLength,
            Table = RouteHeader.MainTable,
            Protocol = RouteHeader.Static,
            Scope = isOnLink && FamilyOf(route.Destination.BaseAddress) == Ipv4 ? RouteHeader.LinkScope : RouteHeader.UniverseScope,
            Type = (byte)route.Kind,
        });
        request.Bytes(RouteAttribute.Destination, route.Destination.BaseAddress.GetAddressBytes());
        if (route.Gateway is { } gateway)
            request.Bytes(RouteAttribute.Gateway, gateway.GetAddressBytes());
        if (route.IfIndex is { } ifindex)
            request.UInt32(RouteAttribute.OutgoingLink, (uint)ifindex);
        if (route.Metric is { } metric)
            request.UInt32(RouteAttribute.Priority, (uint)metric);
        return request;
    }

    private static byte FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? Ipv6 : Ipv4;
}
