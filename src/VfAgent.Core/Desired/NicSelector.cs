using System.Collections.Immutable;
using System.Globalization;
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

    private readonly ImmutableArray<PfName> _pfNames = [.. PfNames.Select(PfName.Parse)];

    /// <summary>Names or globs of the PF's netdev, each with VF ranges or without.</summary>
    public ImmutableArray<string> PfNames { get; } = PfNames;

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
        (PfNames.IsEmpty || _pfNames.Any(name => name.Matches(pf.Netdev))) &&
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

    /// <summary>The VFs that its names speak of, whatever the PF; null for all of them.</summary>
    public VfRanges? Vfs => Together(_pfNames);

    /// <summary>The VFs of a PF that is selected: those that its names say; null for all of them.</summary>
    public VfRanges? VfsOf(PhysicalFunction pf) => Together(_pfNames.Where(name => name.Matches(pf.Netdev)));

    private static VfRanges? Together(IEnumerable<PfName> names)
    {
        VfRanges? all = null;
        foreach (PfName name in names)
        {
            if (name.Vfs is not { } vfs)
                return null;

            all = all?.And(vfs) ?? vfs;
        }

        return all;
    }

    public bool Equals(NicSelector? other) =>
        other is not null && Vendors.SequenceEqual(other.Vendors) && Drivers.SequenceEqual(other.Drivers) &&
        Devices.SequenceEqual(other.Devices) && PfNames.SequenceEqual(other.PfNames) && DeviceIds.SequenceEqual(other.DeviceIds) &&
        Macs.SequenceEqual(other.Macs) && Equals(Exclude, other.Exclude);

    public override int GetHashCode() => HashCode.Combine(Vendors.Length, Drivers.Length, Devices.Length, PfNames.Length);
}
