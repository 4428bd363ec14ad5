using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>The part of an RTM_SETLINK that sets one attribute of one VF.</summary>
internal static class VfRequest
{
    /// <summary>false when the setting's MAC is none.</summary>
    internal static bool TryWrite(ref NetlinkWriter request, uint vf, VfSetting setting)
    {
        int list = request.BeginNested(LinkAttribute.VfList);
        int info = request.BeginNested(VfAttribute.Info);
        switch (setting)
        {
            case VfMac mac:
                VfMacValue value = new() { Vf = vf };
                if (!LinkMessage.TryReadMac(mac.Address, value.Mac))
                    return false;

                request.Structure(VfAttribute.Mac, value);
                break;
            case VfVlan vlan:
                int vlans = request.BeginNested(VfAttribute.VlanList);
                VfVlanValue tag = new() { Vf = vf, Vlan = (uint)vlan.Id, Qos = (uint)vlan.Qos, Protocol = vlan.Protocol };
                request.Structure(VfAttribute.Vlan, tag);
                request.EndNested(vlans);
                break;
            case VfRate rate:
                request.Structure(VfAttribute.Rate, new VfRateValue { Vf = vf, Min = (uint)rate.Min, Max = (uint)rate.Max });
                break;
            case VfSpoofCheck spoofCheck:
                request.Structure(VfAttribute.SpoofCheck, new VfNumberValue { Vf = vf, Setting = spoofCheck.On ? 1u : 0 });
                break;
            case VfTrust trust:
                request.Structure(VfAttribute.Trust, new VfNumberValue { Vf = vf, Setting = trust.On ? 1u : 0 });
                break;
            case VfLink link:
                request.Structure(VfAttribute.LinkState, new VfNumberValue { Vf = vf, Setting = (uint)link.State });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(setting), setting, null);
        }

        request.EndNested(info);
        request.EndNested(list);
        return true;
    }
}
