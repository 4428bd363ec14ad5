using VfAgent.Core.Observed;

namespace VfAgent.Simulation;

/// <summary>How a boot numbers what it finds. Another card, another kernel or another firmware may number it otherwise.</summary>
/// <param name="FirstBus">Of the first NIC; each has a bus of its own.</param>
/// <param name="FirstNetdev">N of the first NIC's <c>ethN</c>. The first two netdevs are the host's own.</param>
/// <param name="FirstIommuGroup">Where groups are counted from.</param>
public readonly record struct Numbering(int FirstBus, int FirstNetdev, int FirstIommuGroup)
{
    /// <summary>As it is without anything in the way.</summary>
    public static Numbering Plain { get; } = new(1, 2, 0);

    /// <summary>The address of the n-th NIC, counted from 0.</summary>
    public PciAddress SlotOf(int position) => PciAddress.Parse($"0000:{FirstBus + position:x2}:00.0");
}
