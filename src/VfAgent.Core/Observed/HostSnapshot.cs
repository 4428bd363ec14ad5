using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Status;

namespace VfAgent.Core.Observed;

/// <summary>The host as last read: an immutable picture that the planner compares with what is desired.</summary>
public sealed record HostSnapshot
{
    public static HostSnapshot Empty { get; } = new();

    /// <summary>What names this host, over reboots and among all.</summary>
    public string HostId { get; init; } = "";

    /// <summary>Every SR-IOV capable PF, configured or not.</summary>
    public ImmutableSortedDictionary<PciAddress, PhysicalFunction> Pfs { get; init; } = ImmutableSortedDictionary<PciAddress, PhysicalFunction>.Empty;

    /// <summary>PFs that are on the bus and could not be read yet: nobody knows what they are.</summary>
    public ImmutableHashSet<PciAddress> Unread { get; init; } = [];

    /// <summary>VFs that the agent caused to appear or to change driver and whose netdev has not been seen since.</summary>
    public ImmutableHashSet<VfId> Awaited { get; init; } = [];

    /// <summary>What drivers have refused to set, and how; asking again would get the same answer.</summary>
    public ImmutableDictionary<VfRequest, Finding> Refused { get; init; } = ImmutableDictionary<VfRequest, Finding>.Empty;

    public HostFeatures Features { get; init; } = new();

    /// <summary>The device is not on the bus.</summary>
    public bool IsGone(PciAddress pf) => !Pfs.ContainsKey(pf) && !Unread.Contains(pf);

    /// <summary>What the host's container runtimes take their networks from.</summary>
    public NetworkBackends Backends { get; init; } = NetworkBackends.Cni;

    public NetworkFolder Conflists { get; init; } = NetworkFolder.Empty;

    public NetworkFolder PodmanNetworks { get; init; } = NetworkFolder.Empty;

    public ContainerRecords Containers { get; init; } = ContainerRecords.Empty;

    /// <summary>Our CDI specs as they are on disk: file name to content.</summary>
    public ImmutableDictionary<string, string> CdiSpecs { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);
}

/// <summary>What container runtimes take their networks from.</summary>
[Flags]
public enum NetworkBackends
{
    None = 0,

    /// <summary>Conflists.</summary>
    Cni = 1,

    /// <summary>Podman's own network files.</summary>
    Netavark = 2,
}

/// <summary>What of the kernel's optional parts is there.</summary>
/// <param name="VfioPci">The vfio-pci driver is registered.</param>
/// <param name="NoIommu">vfio may be used without an IOMMU (enable_unsafe_noiommu_mode).</param>
/// <param name="VhostNet">/dev/vhost-net is there.</param>
/// <param name="Tun">/dev/net/tun is there.</param>
public sealed record HostFeatures(bool VfioPci = false, bool NoIommu = false, bool VhostNet = false, bool Tun = false);

/// <summary>A VF's attribute and the value that was asked for.</summary>
/// <param name="Vf">Whose.</param>
/// <param name="PfIfIndex">The PF's link: another one when another driver has the PF, which may answer otherwise.</param>
/// <param name="Setting">What was asked for.</param>
public sealed record VfRequest(VfId Vf, int PfIfIndex, VfSetting Setting);
