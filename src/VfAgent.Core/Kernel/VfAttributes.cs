namespace VfAgent.Core.Kernel;

/// <summary>
/// What a PF's driver holds for one of its VFs (IFLA_VF_INFO), whatever driver the VF is on. null is what the driver does not know.
/// </summary>
/// <param name="Index">The N of the PF's <c>virtfnN</c>.</param>
/// <param name="Mac">The address that the administrator gave it, lower-case and colon separated; all zeros when none was given. Some drivers
/// (igb) then show here the one that the VF chose for itself.</param>
/// <param name="Vlan">VLAN id, 0 to 4095; 0 for none.</param>
/// <param name="Qos">VLAN priority, 0 to 7.</param>
/// <param name="VlanProtocol">The VLAN tag's protocol.</param>
/// <param name="SpoofCheck">Whether frames from a foreign MAC or VLAN are dropped.</param>
/// <param name="Trust">Whether the VF may do what touches others, such as promiscuous mode.</param>
/// <param name="LinkState">What decides the VF's carrier. A driver that has no such setting says <see cref="VfLinkState.Auto"/>.</param>
/// <param name="MinTxRate">Guaranteed Mbit/s; 0 for none.</param>
/// <param name="MaxTxRate">At most so many Mbit/s; 0 for no limit.</param>
public sealed record VfAttributes(
    int Index, string Mac, int Vlan, int Qos, VlanProtocol VlanProtocol,
    bool? SpoofCheck, bool? Trust, VfLinkState? LinkState, int MinTxRate, int MaxTxRate);

/// <summary>The tag's EtherType (ETH_P_8021Q, ETH_P_8021AD).</summary>
public enum VlanProtocol
{
    Dot1Q = 0x8100,
    Dot1Ad = 0x88a8,
}

/// <summary>IFLA_VF_LINK_STATE_….</summary>
public enum VfLinkState
{
    /// <summary>As the PF's.</summary>
    Auto,
    Enable,
    Disable,
}
