using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// Writes one netlink message (struct nlmsghdr, a family's header, attributes) into the caller's buffer: machine byte order, every part
/// aligned to 4 bytes (linux/netlink.h). A buffer that is too small is a bug and throws.
/// </summary>
internal ref struct NetlinkWriter
{
    // NLA_F_NESTED: newer commands insist on it, older ones ignore it.
    private const ushort NestedFlag = 0x8000;

    private readonly Span<byte> _buffer;
    private int _length;

    internal NetlinkWriter(Span<byte> buffer, ushort type, NetlinkFlags flags)
    {
        _buffer = buffer;
        MemoryMarshal.Write(Take(Unsafe.SizeOf<MessageHeader>()), new MessageHeader { Type = type, Flags = flags });
    }

    /// <summary>The family's fixed header, such as struct ifinfomsg.</summary>
    internal void Header<T>(in T header)
        where T : unmanaged => MemoryMarshal.Write(Take(Unsafe.SizeOf<T>()), header);

    internal void UInt32(ushort type, uint value) => Structure(type, value);

    internal void Structure<T>(ushort type, in T value)
        where T : unmanaged => MemoryMarshal.Write(Attribute(type, Unsafe.SizeOf<T>()), value);

    /// <summary>A string with the NUL that the kernel wants at its end.</summary>
    internal void Text(ushort type, string value) => Encoding.UTF8.GetBytes(value, Attribute(type, Encoding.UTF8.GetByteCount(value) + 1));

    internal void Bytes(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>Opens an attribute that holds attributes; what is written until <see cref="EndNested"/> is inside.</summary>
    internal int BeginNested(ushort type)
    {
        int start = _length;
        MemoryMarshal.Write(Take(AttributeReader.HeaderLength)[2..], (ushort)(type | NestedFlag));
        return start;
    }

    internal readonly void EndNested(int start) => MemoryMarshal.Write(_buffer[start..], checked((ushort)(_length - start)));

    /// <summary>Fills in the length; the sequence number is the socket's to write.</summary>
    internal readonly Span<byte> Finish()
    {
        MemoryMarshal.Write(_buffer, _length);
        return _buffer[.._length];
    }

    private Span<byte> Attribute(ushort type, int length)
    {
        Span<byte> attribute = Take(AttributeReader.HeaderLength + length);
        MemoryMarshal.Write(attribute, checked((ushort)attribute.Length));
        MemoryMarshal.Write(attribute[2..], type);
        return attribute[AttributeReader.HeaderLength..];
    }

    private Span<byte> Take(int length)
    {
        int aligned = NetlinkReader.Align(length);
        Span<byte> taken = _buffer.Slice(_length, aligned);
        taken.Clear();
        _length += aligned;
        return taken[..length];
    }
}
