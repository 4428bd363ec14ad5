using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>RTM_NEWLINK as far as it is about a PF's VFs: IFLA_VFINFO_LIST, which holds an IFLA_VF_INFO for each.</summary>
internal static class VfMessage
{
    /// <summary>null when the message is truncated or malformed.</summary>
    internal static IReadOnlyList<VfAttributes>? Parse(NetlinkMessage message)
    {
        if (!message.TryReadHeader(out LinkHeader _, out AttributeReader attributes))
            return null;

        List<VfAttributes> vfs = [];
        while (attributes.Next())
        {
            if (attributes.Type == LinkAttribute.VfList && !ReadVfs(new AttributeReader(attributes.Value), vfs))
                return null;
        }

        return attributes.Malformed ? null : vfs;
    }

    private static bool ReadVfs(AttributeReader list, List<VfAttributes> vfs)
    {
        while (list.Next())
        {
            if (list.Type != VfAttribute.Info)
                continue;

            if (ReadVf(new AttributeReader(list.Value)) is not { } vf)
                return false;

            vfs.Add(vf);
        }

        return !list.Malformed;
    }

    private static VfAttributes? ReadVf(AttributeReader attributes)
    {
        VfMacValue? mac = null;
        VfVlanValue vlan = new() { Protocol = VlanProtocol.Dot1Q };
        VfRateValue rate = default;
        uint spoofCheck = VfNumberValue.Unknown, trust = VfNumberValue.Unknown, linkState = VfNumberValue.Unknown;
        bool malformed = false;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case VfAttribute.Mac:
                    mac = attributes.Structure<VfMacValue>();
                    break;
                case VfAttribute.VlanList:
                    malformed |= !ReadVlan(new AttributeReader(attributes.Value), ref vlan);
                    break;
                case VfAttribute.Rate:
                    rate = attributes.Structure<VfRateValue>();
                    break;
                case VfAttribute.SpoofCheck:
                    spoofCheck = attributes.Structure<VfNumberValue>().Setting;
                    break;
                case VfAttribute.Trust:
                    trust = attributes.Structure<VfNumberValue>().Setting;
                    break;
                case VfAttribute.LinkState:
                    linkState = attributes.Structure<VfNumberValue>().Setting;
                    break;
                default:
                    break;
            }
        }

        if (malformed || attributes.Malformed || mac is not { } address)
            return null;

        return new VfAttributes(
            (int)address.Vf, LinkMessage.MacText(address.Mac[..VfMacValue.EthernetLength]), (int)vlan.Vlan, (int)vlan.Qos, vlan.Protocol,
            YesOrNo(spoofCheck), YesOrNo(trust), StateOf(linkState), (int)rate.Min, (int)rate.Max);
    }

    // A VF may have several in theory (MAX_VLAN_LIST_LEN); no driver has more than one. Without a VLAN some name no protocol.
    private static bool ReadVlan(AttributeReader list, ref VfVlanValue vlan)
    {
        while (list.Next())
        {
            if (list.Type == VfAttribute.Vlan && list.Structure<VfVlanValue>() is { Protocol: not default(VlanProtocol) } value)
                vlan = value;
        }

        return !list.Malformed;
    }

    private static bool? YesOrNo(uint setting) => setting == VfNumberValue.Unknown ? null : setting != 0;

    private static VfLinkState? StateOf(uint setting) => setting <= (uint)VfLinkState.Disable ? (VfLinkState)setting : null;
}
