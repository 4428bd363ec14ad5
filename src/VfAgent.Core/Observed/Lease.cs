namespace VfAgent.Core.Observed;

/// <summary>
/// That a container has a VF, written by the plugin that gave it one before it touches the VF, and dropped when all is as it was. It is good as long
/// as the container's network namespace is there, and the VF was not made anew.
/// </summary>
/// <param name="Vf">Which.</param>
/// <param name="VfInode">What tells it from a later one at the same address: the inode of its folder in sysfs.</param>
/// <param name="Container">The runtime's id.</param>
/// <param name="ContainerName">What people call it.</param>
/// <param name="Network">The network that the VF was handed out for.</param>
/// <param name="Namespace">The path of the container's network namespace.</param>
/// <param name="NamespaceInode">What tells it from a later one of the same path.</param>
/// <param name="Interface">The netdev's name in there.</param>
public sealed record Lease(
    PciAddress Vf, long VfInode, string Container, string ContainerName, string Network, string Namespace, long NamespaceInode, string Interface)
{
    /// <summary>What the VF's netdev was; null for a VF that has none, as on vfio-pci.</summary>
    public LinkBefore? Before { get; init; }

    /// <summary>The address that the PF's driver held for the VF, when the container asked for one of its own; else null.</summary>
    public string? AdminMac { get; init; }

    /// <summary>
    /// The CNI plugin that has set the VF up. What it has set through the PF only it can undo, so such a lease stays until it was asked to; null when
    /// there is none.
    /// </summary>
    public string? Delegate { get; init; }

    /// <summary>The VF is what it was before, and the lease only waits for the other plugin.</summary>
    public bool IsSettled => Delegate is not null && Before is null && AdminMac is null;

    /// <summary>One container has one VF of a network.</summary>
    public bool IsOf(string container, string network) => Container == container && Network == network;

    /// <inheritdoc cref="ContainerRecord.Describe"/>
    public override string ToString() => ContainerRecord.Describe(Container, ContainerName, Network);
}

/// <param name="Name">The netdev's name.</param>
/// <param name="Mac">Lower-case, colon separated.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="Up">IFF_UP.</param>
public sealed record LinkBefore(string Name, string Mac, int Mtu, bool Up);
