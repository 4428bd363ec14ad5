using System.Collections.Immutable;
using System.Globalization;
using System.IO.Enumeration;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>
/// Which PFs: kinds are ANDed, values of one kind ORed, an empty kind matches all. VFs are never candidates, so they never match.
/// </summary>
public sealed record NicSelector(
    ImmutableArray<string> Vendors, ImmutableArray<string> Drivers, ImmutableArray<string> Devices, ImmutableArray<string> PfNames)
{
    // PCI vendor ids of the NICs that have SR-IOV; any other vendor is selected by its hex id.
    private static readonly Dictionary<string, string> _vendorIds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["intel"] = "8086",
        ["mellanox"] = "15b3",
        ["nvidia"] = "15b3",
        ["broadcom"] = "14e4",
        ["marvell"] = "11ab",
        ["cavium"] = "177d",
        ["qlogic"] = "1077",
        ["chelsio"] = "1425",
        ["solarflare"] = "1924",
        ["huawei"] = "19e5",
        ["hisilicon"] = "19e5",
        ["netronome"] = "19ee",
        ["pensando"] = "1dd8",
        ["amd"] = "1022",
        ["emulex"] = "10df",
        ["napatech"] = "18f4",
    };

    /// <summary>PCI device ids in hex.</summary>
    public ImmutableArray<string> DeviceIds { get; init; } = [];

    /// <summary>MACs of the PF's netdev.</summary>
    public ImmutableArray<string> Macs { get; init; } = [];

    /// <summary>What is not meant though the rest matches; null for nothing.</summary>
    public NicSelector? Exclude { get; init; }

    public static IEnumerable<string> KnownVendorNames => _vendorIds.Keys;

    /// <summary>Nothing is asked of a PF.</summary>
    public bool IsEmpty => Vendors.IsEmpty && Drivers.IsEmpty && Devices.IsEmpty && PfNames.IsEmpty && DeviceIds.IsEmpty && Macs.IsEmpty;

    public bool Matches(PhysicalFunction pf) =>
        (Vendors.IsEmpty || Vendors.Any(v => VendorId(v) == pf.Vendor)) &&
        (Drivers.IsEmpty || Drivers.Contains(pf.Driver ?? "", StringComparer.Ordinal)) &&
        (Devices.IsEmpty || Devices.Any(d => PciAddress.TryParse(d, out PciAddress address) && address == pf.Address)) &&
        (PfNames.IsEmpty || PfNames.Any(entry => MatchesName(entry, pf.Netdev))) &&
        (DeviceIds.IsEmpty || DeviceIds.Any(id => HexId(id) == pf.DeviceId)) &&
        (Macs.IsEmpty || (pf.Netdev is { } netdev && Macs.Contains(netdev.Mac, StringComparer.OrdinalIgnoreCase))) &&
        Exclude?.Matches(pf) != true;

    /// <summary>Four lower-case hex digits for an id or a known name; null for anything else.</summary>
    public static string? VendorId(string vendor)
    {
        return _vendorIds.TryGetValue(vendor, out string? id) ? id : HexId(vendor);
    }

    /// <summary>Four lower-case hex digits; null for what is not an id.</summary>
    public static string? HexId(string text)
    {
        ReadOnlySpan<char> hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
        return hex.Length is > 0 and <= 4 && !hex.Contains('\0') &&
            ushort.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value)
            ? value.ToString("x4", CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>The VFs of a PF that is selected: those that its names say; null for all of them.</summary>
    public VfRanges? VfsOf(PhysicalFunction pf)
    {
        VfRanges? vfs = null;
        foreach (string entry in PfNames.Where(entry => MatchesName(entry, pf.Netdev)))
        {
            if (RangesOf(entry) is not { } text || !VfRanges.TryParse(text, out VfRanges? ranges))
                return null;

            vfs = vfs?.And(ranges) ?? ranges;
        }

        return vfs;
    }

    /// <summary>The name or glob of an entry of <see cref="PfNames"/>: <c>eth3</c> of <c>eth3#0-3</c>.</summary>
    public static string NameOf(string entry) => entry.Split('#', 2)[0];

    /// <summary>What an entry says of VFs: <c>0-3</c> of <c>eth3#0-3</c>; null when it means all.</summary>
    public static string? RangesOf(string entry) => entry.Split('#', 2) is [_, var ranges] ? ranges : null;

    private static bool MatchesName(string entry, NetDevice? netdev) => netdev is not null && MatchesName(netdev, NameOf(entry));

    private static bool MatchesName(NetDevice netdev, string pattern) =>
        FileSystemName.MatchesSimpleExpression(pattern, netdev.Name, ignoreCase: false) ||
        netdev.AlternativeNames.Any(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    public bool Equals(NicSelector? other) =>
        other is not null && Vendors.SequenceEqual(other.Vendors) && Drivers.SequenceEqual(other.Drivers) &&
        Devices.SequenceEqual(other.Devices) && PfNames.SequenceEqual(other.PfNames) && DeviceIds.SequenceEqual(other.DeviceIds) &&
        Macs.SequenceEqual(other.Macs) && Equals(Exclude, other.Exclude);

    public override int GetHashCode() => HashCode.Combine(Vendors.Length, Drivers.Length, Devices.Length, PfNames.Length);
}
