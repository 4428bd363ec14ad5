namespace VfAgent.Core.Desired;

/// <summary>A resource as asked for: which PFs, how many VFs each, and how they are set up.</summary>
/// <param name="Name">See <see cref="ObjectName"/>.</param>
/// <param name="Mtu">MTU of the PFs in bytes; 0 leaves it as it is.</param>
/// <param name="NumVfs">VFs on each PF.</param>
/// <param name="NeedVhostNet">Offer vhost-net and tun as a CDI device.</param>
/// <param name="Selector">Which PFs.</param>
/// <param name="DeviceType"><see cref="DeviceTypes.NetDevice"/> or <see cref="DeviceTypes.VfioPci"/>.</param>
/// <param name="Generation">The author's version; 0 when not used.</param>
public sealed record ResourceSpec(
    string Name, int Mtu, int NumVfs, bool NeedVhostNet, NicSelector Selector, string DeviceType, ulong Generation = 0)
{
    public bool IsVfio => DeviceType == DeviceTypes.VfioPci;
}

/// <summary>What VFs are bound to, in the sender's words.</summary>
public static class DeviceTypes
{
    /// <summary>The VF's own kernel driver.</summary>
    public const string NetDevice = "netdevice";

    /// <summary>vfio-pci, for user space.</summary>
    public const string VfioPci = "vfio-pci";
}
