using System.Net.NetworkInformation;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>RTM_NEWLINK as far as the agent reads it.</summary>
internal static class LinkMessage
{
    internal const ushort Type = 16;

    /// <summary>IF_OPER_… of linux/if.h by number.</summary>
    private static readonly string[] _operStates = ["unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"];

    /// <summary>null when the message is truncated, malformed or nameless: half a link would be reported as if it were one.</summary>
    internal static Link? Parse(NetlinkMessage message)
    {
        if (!message.TryReadHeader(out LinkHeader header, out AttributeReader attributes))
            return null;

        string name = "", mac = "", operState = _operStates[0];
        string? parent = null;
        List<string> alternativeNames = [];
        uint mtu = 0, minMtu = 0, maxMtu = 0;
        bool malformed = false;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case LinkAttribute.Name:
                    name = attributes.Text();
                    break;
                case LinkAttribute.Address:
                    mac = MacText(attributes.Value);
                    break;
                case LinkAttribute.Mtu:
                    mtu = attributes.UInt32();
                    break;
                case LinkAttribute.MinMtu:
                    minMtu = attributes.UInt32();
                    break;
                case LinkAttribute.MaxMtu:
                    maxMtu = attributes.UInt32();
                    break;
                case LinkAttribute.OperState:
                    operState = attributes.Byte() is var state && state < _operStates.Length ? _operStates[state] : _operStates[0];
                    break;
                case LinkAttribute.PropertyList:
                    malformed |= !ReadAlternativeNames(new AttributeReader(attributes.Value), alternativeNames);
                    break;
                case LinkAttribute.ParentDevice:
                    parent = attributes.Text();
                    break;
                default:
                    break;
            }
        }

        if (malformed || attributes.Malformed || name.Length == 0)
            return null;

        bool up = (header.Flags & LinkHeader.Up) != 0;
        return new Link(header.Index, name, alternativeNames, mac, Bytes(mtu), Bytes(minMtu), Bytes(maxMtu), up, operState) { ParentDevice = parent };
    }

    private static bool ReadAlternativeNames(AttributeReader properties, List<string> names)
    {
        while (properties.Next())
        {
            if (properties.Type == LinkAttribute.AlternativeName)
                names.Add(properties.Text());
        }

        return !properties.Malformed;
    }

    internal static string MacText(ReadOnlySpan<byte> address) => string.Join(':', address.ToArray().Select(octet => octet.ToString("x2")));

    /// <summary>false when the text is no Ethernet address.</summary>
    internal static bool TryReadMac(string text, Span<byte> mac) =>
        PhysicalAddress.TryParse(text, out PhysicalAddress? address) && address.GetAddressBytes() is { Length: VfMacValue.EthernetLength } octets &&
        octets.AsSpan().TryCopyTo(mac);

    // Drivers without a limit say 0xffffffff.
    private static int Bytes(uint value) => (int)Math.Min(value, int.MaxValue);
}
