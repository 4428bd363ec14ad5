using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>What single PF drivers do that others do not: all that the planner knows of them.</summary>
/// <param name="ResetsWhenChanged">
/// Takes a PF that is up down and up again when its VFs are made or removed, and when its MTU is set: carrier is lost for one to two seconds.
/// </param>
/// <param name="NeedsLinkUp">Reports success and makes no VFs while the PF is down.</param>
/// <param name="EswitchNeedsVfs">Changes the mode of its embedded switch once all VFs are there; without it, only while there are none.</param>
/// <param name="UnbindsForEswitch">And only while they have no drivers.</param>
internal sealed record PfDriverTraits(
    bool ResetsWhenChanged = false, bool NeedsLinkUp = false, bool EswitchNeedsVfs = false, bool UnbindsForEswitch = false)
{
    private static readonly PfDriverTraits _none = new();

    private static readonly Dictionary<string, PfDriverTraits> _drivers = new(StringComparer.Ordinal)
    {
        // igb_sriov_reinit, igb_change_mtu (drivers/net/ethernet/intel/igb/igb_main.c); measured on an emulated 82576.
        ["igb"] = new(ResetsWhenChanged: true),

        // ixgbe_sriov_reinit, ixgbe_change_mtu (intel/ixgbe/ixgbe_main.c).
        ["ixgbe"] = new(ResetsWhenChanged: true),

        // The PF is reset to go into and out of VEB mode: i40e_pci_sriov_configure, i40e_change_mtu (intel/i40e).
        ["i40e"] = new(ResetsWhenChanged: true),

        // bnxt_sriov_configure (broadcom/bnxt/bnxt_sriov.c); bnxt_dl_eswitch_mode_set (bnxt_vfr.c) wants VFs there.
        ["bnxt_en"] = new(NeedsLinkUp: true, EswitchNeedsVfs: true),

        // The order of NVIDIA's manual: VFs, unbind them, switchdev, bind them; VFs that come later get no representor in some versions.
        ["mlx5_core"] = new(EswitchNeedsVfs: true, UnbindsForEswitch: true),
    };

    // mlx5_sriov_enable, ice_ena_vfs and bnxt_sriov_enable leave the PF's own rings alone.
    private static readonly HashSet<string> _keepTheirLink = new(["mlx5_core", "ice", "bnxt_en"], StringComparer.Ordinal);

    public static PfDriverTraits Of(string? driver) => driver is null ? _none : _drivers.GetValueOrDefault(driver, _none);

    /// <summary>Whether making or removing VFs may cost this PF its link, as far as is known: of a driver that is not, the worst is assumed.</summary>
    public static bool MayBlipLink(PhysicalFunction pf) => BlipsLink(pf) || !_keepTheirLink.Contains(pf.Driver ?? "");

    /// <summary>Whether a change of this PF's VFs or MTU costs it its link for a moment.</summary>
    public static bool BlipsLink(PhysicalFunction pf) => pf.Netdev is { Up: true } && Of(pf.Driver).ResetsWhenChanged;
}
