using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Simulation.Tree;

namespace VfAgent.Simulation.Hardware;

/// <summary>A network link, in the host's network namespace or in a container's.</summary>
internal sealed class Netdev
{
    private bool _carrier;

    /// <summary>The PCI function below it; null for the loopback link.</summary>
    public required PciDevice? Device { get; init; }

    /// <summary>The sysfs folder whose <c>net/</c> it is in.</summary>
    public required string Home { get; init; }

    public required int Index { get; init; }

    /// <summary>The index of the VF that it stands for in its PF's switch; null for a link of a device's own.</summary>
    public int? Represents { get; init; }

    public required string Name { get; set; }

    /// <summary>Names that it has beside its own, by which it is found as well.</summary>
    public List<string> AlternativeNames { get; } = [];

    public required string Mac { get; set; }

    /// <summary>NET_ADDR_RANDOM: the driver made it up.</summary>
    public bool MacIsRandom { get; init; }

    public int Mtu { get; set; } = 1500;

    public int MinMtu { get; init; } = 68;

    public int MaxMtu { get; init; }

    /// <summary>Pairs of queues, each with a folder of its own: as many as there may be until it is first set up.</summary>
    public int Queues { get; set; } = 8;

    /// <summary>IFF_UP.</summary>
    public bool Up { get; set; }

    /// <summary>The bond or bridge of the host that it is a part of; null when there is none.</summary>
    public string? Upper { get; set; }

    /// <summary>The container whose namespace it is in; null while it is the host's.</summary>
    public string? Container { get; set; }

    /// <summary>A VF has a carrier while its PF has.</summary>
    public bool Carrier
    {
        get => Up && (Device?.PhysFn is { } pf ? pf.Netdev is { Carrier: true } : _carrier);
        set => _carrier = value;
    }

    /// <summary>Counts what makes or breaks the carrier, so that a late one that was overtaken is dropped.</summary>
    public int CarrierChanges { get; set; }

    public Folder? Folder { get; set; }

    /// <summary>Each with the bits that its neighbours share.</summary>
    public HashSet<(IPAddress Address, int PrefixLength)> Addresses { get; } = [];

    public Link Describe() => new(Index, Name, [.. AlternativeNames], Mac, Mtu, MinMtu, MaxMtu, Up, OperState) { ParentDevice = Device?.Name };

    public bool HasName(string name) => Name == name || AlternativeNames.Contains(name);

    /// <summary>Whether it is a neighbour.</summary>
    public bool Reaches(IPAddress host) =>
        Addresses.Any(own => own.Address.AddressFamily == host.AddressFamily && Mask(own.Address, own.PrefixLength).Contains(host));

    private static IPNetwork Mask(IPAddress address, int prefixLength)
    {
        byte[] octets = address.GetAddressBytes();
        for (int bit = prefixLength; bit < 8 * octets.Length; bit++)
            octets[bit / 8] &= (byte)~(0x80 >> (bit % 8));

        return new IPNetwork(new IPAddress(octets), prefixLength);
    }

    public string OperState => Device is null ? "unknown" : Carrier ? "up" : "down";
}
