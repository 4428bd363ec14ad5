namespace VfAgent.Core.Kernel;

/// <summary>A network link as rtnetlink describes it.</summary>
/// <param name="Index">IFLA index, unique in the namespace.</param>
/// <param name="Name">Current name; udev may change it.</param>
/// <param name="AlternativeNames">IFLA_PROP_LIST / IFLA_ALT_IFNAME.</param>
/// <param name="Mac">Lower-case, colon separated; empty when the link has none.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="MinMtu">Bytes; 0 when the driver names no limit.</param>
/// <param name="MaxMtu">Bytes; 0 when the driver names no limit.</param>
/// <param name="Up">IFF_UP: what the administrator asked for.</param>
/// <param name="OperState">RFC 2863 state in the kernel's words: up, down, dormant, lowerlayerdown, unknown, notpresent, testing.</param>
public sealed record Link(
    int Index, string Name, IReadOnlyList<string> AlternativeNames, string Mac, int Mtu, int MinMtu, int MaxMtu, bool Up, string OperState)
{
    /// <summary>The device under it (IFLA_PARENT_DEV_NAME), a PCI address for a NIC; null before Linux 5.14 and for links without one.</summary>
    public string? ParentDevice { get; init; }
}
