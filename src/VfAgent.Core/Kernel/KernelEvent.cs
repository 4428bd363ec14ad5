using VfAgent.Core.Observed;

namespace VfAgent.Core.Kernel;

/// <summary>What the kernel said: a uevent, a change of links or routes, or that it could not keep up.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Device">The last PCI address in the event's device path: a PF or a VF; null when it names none.</param>
/// <param name="Parent">
/// The device's physical function when the kernel side knows it (it does for a VF while the <c>physfn</c> link is there); else null.
/// </param>
public sealed record KernelEvent(KernelEventKind Kind, PciAddress? Device, PciAddress? Parent = null);

public enum KernelEventKind
{
    Add,
    Remove,
    Change,
    Bind,
    Unbind,
    Move,

    /// <summary>A link's attributes changed (RTM_NEWLINK).</summary>
    Link,

    /// <summary>A default route came, went or changed, in whichever table (RTM_NEWROUTE, RTM_DELROUTE of a prefix of no length).</summary>
    Route,

    /// <summary>Events were lost (ENOBUFS): everything has to be read again.</summary>
    Overrun,
}
