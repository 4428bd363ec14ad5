namespace VfAgent.Simulation;

/// <summary>A kind of SR-IOV NIC: what its PF and VF drivers are called and how they differ from one another.</summary>
/// <param name="Kind">The name in <c>kind:count</c>.</param>
/// <param name="TotalVfs"><c>sriov_totalvfs</c>.</param>
/// <param name="Vendor">PCI vendor id of PF and VFs.</param>
/// <param name="PfDevice">PCI device id of the PF.</param>
/// <param name="VfDevice">PCI device id of its VFs.</param>
/// <param name="PfDriver">Driver, and module, of the PF.</param>
/// <param name="VfDriver">Driver, and module, of its VFs.</param>
/// <param name="VfOffset">Routing ids from the PF to its first VF (PCIe SR-IOV, First VF Offset).</param>
/// <param name="VfStride">Routing ids from one VF to the next (VF Stride).</param>
/// <param name="MinMtu">Bytes, PF and VFs.</param>
/// <param name="MaxMtu">Bytes, PF and VFs.</param>
/// <param name="SpeedMbps">With a carrier.</param>
public sealed record NicModel(
    string Kind, int TotalVfs, int Vendor, int PfDevice, int VfDevice, string PfDriver, string VfDriver,
    int VfOffset, int VfStride, int MinMtu, int MaxMtu, int SpeedMbps)
{
    /// <summary>Intel 82576, the one that is modelled after measurements (QEMU's igb).</summary>
    public static readonly NicModel Igb = new(
        "igb", 7, 0x8086, 0x10c9, 0x10ca, "igb", "igbvf", VfOffset: 128, VfStride: 2, MinMtu: 68, MaxMtu: 9216, SpeedMbps: 1000)
    { CapabilityVfs = 8, ResetsPf = true, QueuesFollowVfs = true, VfRatesNeedLink = true, AsksForVfsFirst = true };

    public static readonly NicModel Ixgbe = new(
        "ixgbe", 63, 0x8086, 0x10fb, 0x10ed, "ixgbe", "ixgbevf", VfOffset: 128, VfStride: 2, MinMtu: 68, MaxMtu: 9710, SpeedMbps: 10_000)
    { CapabilityVfs = 64, ResetsPf = true, VfRatesNeedLink = true, SetsVfLinkState = true };

    public static readonly NicModel I40e = new(
        "i40e", 64, 0x8086, 0x1572, 0x154c, "i40e", "iavf", VfOffset: 16, VfStride: 1, MinMtu: 68, MaxMtu: 9702, SpeedMbps: 10_000)
    { ResetsPf = true, NetdevFollowsBind = true, VfRatesNeedLink = true, SetsVfLinkState = true };

    // 256 VFs need a whole bus. The offset puts it where no PF is: 0x40 for the PF on bus 1, 0x41 for the next.
    public static readonly NicModel Ice = new(
        "ice", 256, 0x8086, 0x1592, 0x1889, "ice", "iavf", VfOffset: 0x3f00, VfStride: 1, MinMtu: 68, MaxMtu: 9702, SpeedMbps: 100_000)
    { NetdevFollowsBind = true, SetsVfLinkState = true, SetsVfMinRate = true, PortName = "p0", Eswitch = EswitchRule.WithoutVfs };

    public static readonly NicModel Mlx5 = new(
        "mlx5", 127, 0x15b3, 0x1019, 0x101a, "mlx5_core", "mlx5_core", VfOffset: 2, VfStride: 1, MinMtu: 68, MaxMtu: 9978, SpeedMbps: 100_000)
    { SetsVfLinkState = true, SetsVfMinRate = true, PortName = "p0", Eswitch = EswitchRule.WithUnboundVfs };

    public static readonly NicModel Bnxt = new(
        "bnxt", 128, 0x14e4, 0x1750, 0x1806, "bnxt_en", "bnxt_en", VfOffset: 8, VfStride: 1, MinMtu: 60, MaxMtu: 9500, SpeedMbps: 100_000)
    { IgnoresVfsWhileDown = true, SetsVfLinkState = true, SetsVfMinRate = true, MaxVfQos = 0, PortName = "p0", Eswitch = EswitchRule.WithVfs };

    public static IReadOnlyList<NicModel> All { get; } = [Igb, Ixgbe, I40e, Ice, Mlx5, Bnxt];

    /// <summary><c>sriov_totalvfs</c> of a PF without driver; some drivers keep one for the PF (pci_sriov_set_totalvfs).</summary>
    public int CapabilityVfs { get; init; } = TotalVfs;

    /// <summary>Enabling and disabling VFs resets a PF that is up: it loses its carrier for a while.</summary>
    public bool ResetsPf { get; init; }

    /// <summary>
    /// While the PF is down, bnxt_sriov_configure returns 0, so that the write succeeds and nothing happens, and bnxt_vf_ndo_prep refuses to set a
    /// VF's attributes.
    /// </summary>
    public bool IgnoresVfsWhileDown { get; init; }

    /// <summary>A PF has two queues while it has no VFs, one while it has, and as many as there may be until it is first set up.</summary>
    public bool QueuesFollowVfs { get; init; }

    /// <summary>A VF's rates are set only while the PF's link is up, taking a limit away too.</summary>
    public bool VfRatesNeedLink { get; init; }

    /// <summary>igb_ndo_set_vf_spoofchk says EOPNOTSUPP while there are no VFs.</summary>
    public bool AsksForVfsFirst { get; init; }

    /// <summary>The driver has ndo_set_vf_link_state.</summary>
    public bool SetsVfLinkState { get; init; }

    /// <summary>A VF's min_tx_rate may be other than 0.</summary>
    public bool SetsVfMinRate { get; init; }

    /// <summary>The highest VLAN priority of a VF; bnxt takes none.</summary>
    public int MaxVfQos { get; init; } = 7;

    /// <summary>iavf binds first and registers its netdev later, when the PF has answered.</summary>
    public bool NetdevFollowsBind { get; init; }

    /// <summary>When its embedded switch changes its mode; null where the driver has none on devlink.</summary>
    public EswitchRule? Eswitch { get; init; }

    /// <summary>The PF's <c>phys_port_name</c>; null where the driver has none (EOPNOTSUPP).</summary>
    public string? PortName { get; init; }

    public override string ToString() => Kind;
}

/// <summary>When a driver lets its NIC's embedded switch change its mode.</summary>
public enum EswitchRule
{
    /// <summary>ice_eswitch_mode_set (intel/ice/ice_eswitch.c): EOPNOTSUPP while there are VFs.</summary>
    WithoutVfs,

    /// <summary>mlx5_devlink_eswitch_mode_set (mlx5/core/eswitch_offloads.c): EBUSY while somebody uses the switch; a VF's driver counts here.</summary>
    WithUnboundVfs,

    /// <summary>bnxt_dl_eswitch_mode_set (broadcom/bnxt/bnxt_vfr.c): EPERM into switchdev mode while there are none.</summary>
    WithVfs,
}
