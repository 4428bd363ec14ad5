using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VfAgent.Linux.Netlink;

/// <summary>Walks the messages of a datagram. Lengths are the sender's claims: none is believed past the end of the bytes.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>Set when a length did not fit; reading ends there.</summary>
    internal bool Malformed { get; private set; }

    internal static int Align(int length) => (length + 3) & ~3;

    internal bool TryRead(out NetlinkMessage message)
    {
        message = default;
        if (_rest.IsEmpty || Malformed)
            return false;

        if (!MemoryMarshal.TryRead(_rest, out MessageHeader header) ||
            header.Length < Unsafe.SizeOf<MessageHeader>() || header.Length > _rest.Length)
        {
            Malformed = true;
            return false;
        }

        int length = (int)header.Length;
        message = new NetlinkMessage(header, _rest[Unsafe.SizeOf<MessageHeader>()..length]);
        _rest = _rest[Math.Min(Align(length), _rest.Length)..];
        return true;
    }
}

/// <summary>One message of a datagram.</summary>
internal readonly ref struct NetlinkMessage(MessageHeader header, ReadOnlySpan<byte> payload)
{
    internal readonly ReadOnlySpan<byte> Payload = payload;

    internal ushort Type => header.Type;

    internal NetlinkFlags Flags => header.Flags;

    internal uint Sequence => header.Sequence;

    /// <summary>
    /// Splits the payload into the family's fixed header and the attributes behind it; false when it is too short for the header.
    /// </summary>
    internal bool TryReadHeader<T>(out T familyHeader, out AttributeReader attributes)
        where T : unmanaged
    {
        bool ok = MemoryMarshal.TryRead(Payload, out familyHeader);
        attributes = new AttributeReader(ok ? Payload[Math.Min(NetlinkReader.Align(Unsafe.SizeOf<T>()), Payload.Length)..] : []);
        return ok;
    }
}
