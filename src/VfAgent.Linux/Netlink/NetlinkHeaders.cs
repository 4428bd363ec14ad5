using System.Runtime.InteropServices;

namespace VfAgent.Linux.Netlink;

/// <summary>struct nlmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageHeader
{
    internal const int SequenceOffset = 8;

    public uint Length;
    public ushort Type;
    public NetlinkFlags Flags;
    public uint Sequence;
    public uint PortId;
}

/// <summary>struct ifinfomsg of linux/rtnetlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHeader
{
    /// <summary>IFF_UP in <see cref="Flags"/> and <see cref="Change"/>.</summary>
    internal const uint Up = 1;

    public byte Family;
    public byte Padding;
    public ushort HardwareType;
    public int Index;
    public uint Flags;

    /// <summary>Which of <see cref="Flags"/> a request is about.</summary>
    public uint Change;
}

/// <summary>NLM_F_…: the bits of 0x100 and above mean one thing in a request and another in an answer.</summary>
[Flags]
internal enum NetlinkFlags : ushort
{
    None = 0,
    Request = 1,
    Acknowledge = 4,

    /// <summary>In an answer: what was listed has changed meanwhile.</summary>
    DumpInterrupted = 0x10,

    /// <summary>In a request: NLM_F_ROOT and NLM_F_MATCH, all that there is.</summary>
    Dump = 0x300,

    /// <summary>In a request: it is made if it is not there.</summary>
    Create = 0x400,

    /// <summary>In an error: the request is not repeated after it.</summary>
    Capped = 0x100,

    /// <summary>In an error: attributes follow.</summary>
    HasAttributes = 0x200,

    /// <summary>In a request: it must not be there yet.</summary>
    Exclusive = HasAttributes,
}

/// <summary>IFLA_… of linux/if_link.h.</summary>
internal static class LinkAttribute
{
    internal const ushort Address = 1;
    internal const ushort Name = 3;
    internal const ushort Mtu = 4;
    internal const ushort OperState = 16;
    internal const ushort VfList = 22;
    internal const ushort NamespaceDescriptor = 28;
    internal const ushort ExtensionMask = 29;
    internal const ushort MinMtu = 50;
    internal const ushort MaxMtu = 51;
    internal const ushort PropertyList = 52;
    internal const ushort AlternativeName = 53;
    internal const ushort ParentDevice = 56;
}

/// <summary>struct ifaddrmsg of linux/if_addr.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHeader
{
    public byte Family;
    public byte PrefixLength;
    public byte Flags;
    public byte Scope;
    public int Index;
}

/// <summary>IFA_… of linux/if_addr.h.</summary>
internal static class AddressAttribute
{
    internal const ushort Address = 1;
    internal const ushort Local = 2;
    internal const ushort Broadcast = 4;
}

/// <summary>struct rtmsg of linux/rtnetlink.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHeader
{
    internal const byte MainTable = 254;

    /// <summary>RTPROT_STATIC.</summary>
    internal const byte Static = 4;

    internal const byte UniverseScope = 0;
    internal const byte LinkScope = 253;

    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte Tos;
    public byte Table;
    public byte Protocol;
    public byte Scope;
    public byte Type;
    public uint Flags;
}

/// <summary>RTA_… of linux/rtnetlink.h.</summary>
internal static class RouteAttribute
{
    internal const ushort Destination = 1;
    internal const ushort OutgoingLink = 4;
    internal const ushort Gateway = 5;
    internal const ushort Priority = 6;
}

/// <summary>IFLA_VF_… of linux/if_link.h.</summary>
internal static class VfAttribute
{
    /// <summary>One VF in <see cref="LinkAttribute.VfList"/>; the others are inside it.</summary>
    internal const ushort Info = 1;

    internal const ushort Mac = 1;
    internal const ushort SpoofCheck = 4;
    internal const ushort LinkState = 5;
    internal const ushort Rate = 6;
    internal const ushort Trust = 9;
    internal const ushort VlanList = 12;

    /// <summary>IFLA_VF_VLAN_INFO in <see cref="VlanList"/>.</summary>
    internal const ushort Vlan = 1;
}
