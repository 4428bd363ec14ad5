using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Netlink;

/// <summary>struct ifla_vf_mac. The kernel has room for InfiniBand's addresses; Ethernet's are at the start of it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfMacValue
{
    internal const int EthernetLength = 6;

    public uint Vf;
    public MacBytes Mac;

    [InlineArray(32)]
    public struct MacBytes
    {
        private byte _first;
    }
}

/// <summary>struct ifla_vf_vlan_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfVlanValue
{
    public uint Vf;
    public uint Vlan;
    public uint Qos;

    private ushort _protocol;

    /// <summary>The one number that is in network byte order.</summary>
    public VlanProtocol Protocol
    {
        readonly get => (VlanProtocol)NetworkOrder(_protocol);
        set => _protocol = NetworkOrder((ushort)value);
    }

    private static ushort NetworkOrder(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}

/// <summary>struct ifla_vf_rate: Mbit/s.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfRateValue
{
    public uint Vf;
    public uint Min;
    public uint Max;
}

/// <summary>struct ifla_vf_spoofchk, ifla_vf_trust and ifla_vf_link_state.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfNumberValue
{
    /// <summary>The value of what the driver does not know.</summary>
    internal const uint Unknown = uint.MaxValue;

    public uint Vf;
    public uint Setting;
}
