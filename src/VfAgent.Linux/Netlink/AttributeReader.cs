using System.Runtime.InteropServices;
using System.Text;

namespace VfAgent.Linux.Netlink;

/// <summary>
/// Walks attributes (struct rtattr, struct nlattr: u16 length with its own 4 bytes, u16 type, value, padding to 4). A length or a value
/// that does not fit latches <see cref="Malformed"/> and ends the walk, so that a parser checks once, at its end.
/// </summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    internal const int HeaderLength = 4;

    // NLA_F_NESTED and NLA_F_NET_BYTEORDER share the field.
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest = attributes;

    internal bool Malformed { get; private set; }

    /// <summary>The current attribute's type.</summary>
    internal ushort Type { get; private set; }

    /// <summary>The current attribute's value.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    internal bool Next()
    {
        if (_rest.IsEmpty || Malformed)
            return false;

        if (!MemoryMarshal.TryRead(_rest, out ushort length) || length < HeaderLength || length > _rest.Length)
        {
            Malformed = true;
            return false;
        }

        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        Value = _rest[HeaderLength..length];
        _rest = _rest[Math.Min(NetlinkReader.Align(length), _rest.Length)..];
        return true;
    }

    internal byte Byte() => Structure<byte>();

    internal uint UInt32() => Structure<uint>();

    /// <summary>The value as a number or a struct of the kernel's; a newer kernel's may be longer.</summary>
    internal T Structure<T>()
        where T : unmanaged
    {
        if (MemoryMarshal.TryRead(Value, out T structure))
            return structure;

        Malformed = true;
        return default;
    }

    /// <summary>The value up to its first NUL.</summary>
    internal readonly string Text() =>
        Encoding.UTF8.GetString(Value.IndexOf((byte)0) is var end and >= 0 ? Value[..end] : Value);
}
