using System.Net.NetworkInformation;
using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>
/// What the PF's driver holds for one VF, and which values it takes: igb as measured (igb_main.c), the others as their sources say
/// (ixgbe_sriov.c, i40e_virtchnl_pf.c, ice_sriov.c, mlx5 eswitch.c, bnxt_sriov.c).
/// </summary>
internal sealed class VfSettings(int index)
{
    private const string NoMac = "00:00:00:00:00:00";
    private const int MaxVlan = 4095;
    private const int Multicast = 1;

    public VfAttributes Attributes { get; private set; } =
        new(index, NoMac, 0, 0, VlanProtocol.Dot1Q, SpoofCheck: true, Trust: false, VfLinkState.Auto, 0, 0);

    /// <summary>null while the VF may choose for itself.</summary>
    public string? AdministrativeMac { get; private set; }

    public static VfSettings? Of(PciDevice vf) => vf.PhysFn?.Sriov?.Settings.ElementAtOrDefault(vf.VfIndex);

    /// <summary>The VF says which address it has chosen.</summary>
    public string Tell(string mac)
    {
        Attributes = Attributes with { Mac = mac };
        return mac;
    }

    public static Errno? Set(PciDevice pf, int vf, VfSetting setting)
    {
        NicModel nic = pf.Nic!;
        if (setting is VfLink && !nic.SetsVfLinkState)
            return Errno.EOPNOTSUPP;

        if (nic.IgnoresVfsWhileDown && pf.Netdev is not { Up: true })
            return Errno.EINVAL;

        if (setting is VfSpoofCheck && nic.AsksForVfsFirst && pf.Sriov!.Settings.Count == 0)
            return Errno.EOPNOTSUPP;

        return pf.Sriov!.Settings.ElementAtOrDefault(vf) is { } settings
            ? settings.Set(nic, pf.Netdev is { Carrier: true } ? nic.SpeedMbps : 0, setting)
            : Errno.EINVAL;
    }

    private Errno? Set(NicModel nic, int speed, VfSetting setting)
    {
        switch (setting)
        {
            case VfMac mac:
                return SetMac(mac.Address);
            case VfVlan { Id: < 0 or > MaxVlan }:
            case VfVlan vlan when vlan.Qos < 0 || vlan.Qos > nic.MaxVfQos:
                return Errno.EINVAL;
            case VfVlan { Protocol: not VlanProtocol.Dot1Q }:
                return Errno.EPROTONOSUPPORT;
            case VfVlan vlan:
                Attributes = Attributes with { Vlan = vlan.Id, Qos = vlan.Qos };
                return null;
            case VfRate { Min: not 0 } when !nic.SetsVfMinRate:
            case VfRate when nic.VfRatesNeedLink && speed == 0:
            case VfRate rate when rate.Min < 0 || rate.Max < 0 || rate.Max > speed || rate.Min > speed || (rate.Max > 0 && rate.Min > rate.Max):
                return Errno.EINVAL;
            case VfRate rate:
                Attributes = Attributes with { MinTxRate = rate.Min, MaxTxRate = rate.Max };
                return null;
            case VfSpoofCheck spoofCheck:
                Attributes = Attributes with { SpoofCheck = spoofCheck.On };
                return null;
            case VfTrust trust:
                Attributes = Attributes with { Trust = trust.On };
                return null;
            case VfLink link:
                Attributes = Attributes with { LinkState = link.State };
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(setting), setting, null);
        }
    }

    // All zeros leave the choice to the VF again.
    private Errno? SetMac(string text)
    {
        if (!PhysicalAddress.TryParse(text, out PhysicalAddress? address) || address.GetAddressBytes() is not [var first, _, _, _, _, _] octets ||
            (first & Multicast) != 0)
            return Errno.EINVAL;

        string mac = string.Join(':', octets.Select(octet => octet.ToString("x2")));
        AdministrativeMac = mac == NoMac ? null : mac;
        Attributes = Attributes with { Mac = mac };
        return null;
    }
}
