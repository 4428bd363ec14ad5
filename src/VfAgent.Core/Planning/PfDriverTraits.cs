using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>What single PF drivers do that others do not: all that the planner knows of them.</summary>
/// <param name="ResetsWhenChanged">
/// Takes a PF that is up down and up again when its VFs are made or removed, and when its MTU is set: carrier is lost for one to two seconds.
/// null when that is not known.
/// </param>
/// <param name="NeedsLinkUp">Reports success and makes no VFs while the PF is down.</param>
/// <param name="EswitchNeedsVfs">Changes the mode of its embedded switch once all VFs are there; without it, only while there are none.</param>
/// <param name="UnbindsForEswitch">And only while they have no drivers.</param>
internal sealed record PfDriverTraits(
    bool? ResetsWhenChanged = null, bool NeedsLinkUp = false, bool EswitchNeedsVfs = false, bool UnbindsForEswitch = false)
{
    private static readonly PfDriverTraits _unknown = new();

    private static readonly Dictionary<string, PfDriverTraits> _drivers = new(StringComparer.Ordinal)
    {
        // igb_sriov_reinit, igb_change_mtu (drivers/net/ethernet/intel/igb/igb_main.c); measured on an emulated 82576.
        ["igb"] = new(ResetsWhenChanged: true),

        // ixgbe_sriov_reinit, ixgbe_change_mtu (intel/ixgbe/ixgbe_main.c).
        ["ixgbe"] = new(ResetsWhenChanged: true),

        // The PF is reset to go into and out of VEB mode: i40e_pci_sriov_configure, i40e_change_mtu (intel/i40e).
        ["i40e"] = new(ResetsWhenChanged: true),

        // The PF's own rings are left alone: ice_ena_vfs (intel/ice/ice_sriov.c).
        ["ice"] = new(ResetsWhenChanged: false),

        // The same, mlx5_sriov_enable (mellanox/mlx5/core/sriov.c). For the switch the order of NVIDIA's manual: VFs, unbind them, switchdev, bind them;
        // VFs that come later get no representor in some versions.
        ["mlx5_core"] = new(ResetsWhenChanged: false, EswitchNeedsVfs: true, UnbindsForEswitch: true),

        // The same, and bnxt_sriov_configure (broadcom/bnxt/bnxt_sriov.c); bnxt_dl_eswitch_mode_set (bnxt_vfr.c) wants VFs there.
        ["bnxt_en"] = new(ResetsWhenChanged: false, NeedsLinkUp: true, EswitchNeedsVfs: true),
    };

    public static PfDriverTraits Of(PhysicalFunction pf) => pf.Driver is { } driver ? _drivers.GetValueOrDefault(driver, _unknown) : _unknown;

    /// <summary>Whether making or removing VFs may cost this PF its link: of a driver that is not known, the worst is assumed.</summary>
    public static bool MayBlipLink(PhysicalFunction pf) => Of(pf).ResetsWhenChanged != false;

    /// <summary>Whether a change of this PF's VFs or MTU is known to cost it its link for a moment.</summary>
    public static bool BlipsLink(PhysicalFunction pf) => pf.Netdev is { Up: true } && Of(pf).ResetsWhenChanged == true;
}
