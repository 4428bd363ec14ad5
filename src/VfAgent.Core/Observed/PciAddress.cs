using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace VfAgent.Core.Observed;

/// <summary>A PCI address <c>dddd:bb:dd.f</c> (lower-case hex, as sysfs writes it); ordered as the bus is.</summary>
public readonly partial record struct PciAddress : IComparable<PciAddress>
{
    private readonly uint _value;

    private PciAddress(uint value) => _value = value;

    /// <summary>Domains above ffff (VMD) do not carry SR-IOV NICs that the agent manages.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PciAddress address)
    {
        address = default;
        if (text is not { Length: 12 } || text[4] != ':' || text[7] != ':' || text[10] != '.')
            return false;

        if (!Hex(text.AsSpan(0, 4), out uint domain) || !Hex(text.AsSpan(5, 2), out uint bus) ||
            !Hex(text.AsSpan(8, 2), out uint device) || !Hex(text.AsSpan(11, 1), out uint function) || device > 31 || function > 7)
        {
            return false;
        }

        address = new PciAddress((domain << 16) | (bus << 8) | (device << 3) | function);
        return true;
    }

    public static PciAddress Parse(string text) =>
        TryParse(text, out PciAddress address) ? address : throw new FormatException($"'{text}' is not a PCI address such as 0000:02:00.0");

    /// <summary>Every address that stands in a text on its own, in order, each once.</summary>
    public static ImmutableArray<PciAddress> FindAll(string text) =>
        [.. Pattern().Matches(text).Select(match => Parse(match.Value)).Distinct()];

    /// <summary>As devlink names the device: <c>pci/0000:02:00.0</c>.</summary>
    public string DevlinkHandle => $"pci/{this}";

    public int CompareTo(PciAddress other) => _value.CompareTo(other._value);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{_value >> 16:x4}:{(_value >> 8) & 0xff:x2}:{(_value >> 3) & 0x1f:x2}.{_value & 7}");

    // TryParse alone takes NUL characters at the end.
    private static bool Hex(ReadOnlySpan<char> text, out uint value) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && !text.Contains('\0');

    public static bool operator <(PciAddress left, PciAddress right) => left._value < right._value;

    public static bool operator >(PciAddress left, PciAddress right) => left._value > right._value;

    public static bool operator <=(PciAddress left, PciAddress right) => left._value <= right._value;

    public static bool operator >=(PciAddress left, PciAddress right) => left._value >= right._value;

    [GeneratedRegex(
        @"(?<![0-9a-fA-F:.])[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7](?![0-9a-fA-F:])", RegexOptions.CultureInvariant, Timeout.Infinite)]
    private static partial Regex Pattern();
}
