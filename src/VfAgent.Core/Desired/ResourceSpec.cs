using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>A resource as asked for: which PFs, how many VFs each, and how they are set up.</summary>
/// <param name="Name">See <see cref="ObjectName"/>.</param>
/// <param name="Mtu">MTU of the PFs in bytes; 0 leaves it as it is.</param>
/// <param name="NumVfs">VFs on each PF.</param>
/// <param name="NeedVhostNet">Offer vhost-net and tun as a CDI device.</param>
/// <param name="Selector">Which PFs.</param>
/// <param name="DeviceType"><see cref="DeviceTypes.NetDevice"/> or <see cref="DeviceTypes.VfioPci"/>.</param>
/// <param name="Generation">The author's version; 0 when not used.</param>
/// <param name="Disruption">What to do when a change would take VFs from their users.</param>
/// <param name="Deletion">What becomes of the PFs when the resource is deleted.</param>
public sealed record ResourceSpec(
    string Name, int Mtu, int NumVfs, bool NeedVhostNet, NicSelector Selector, string DeviceType, ulong Generation = 0,
    DisruptionPolicy Disruption = DisruptionPolicy.Defer, DeletionPolicy Deletion = DeletionPolicy.Restore)
{
    public bool IsVfio => DeviceType == DeviceTypes.VfioPci;

    /// <summary>New VFs do not get their kernel driver before they get vfio-pci.</summary>
    public bool SkipsKernelDriver { get; init; }

    /// <summary>Others set up its PFs and VFs; they are only checked, and VFs handed out.</summary>
    public bool ExternallyManaged { get; init; }

    /// <summary>Everything is only checked.</summary>
    public bool ObserveOnly { get; init; }

    /// <summary>Its PFs and VFs are not touched.</summary>
    public bool IsHandsOff => ExternallyManaged || ObserveOnly;

    /// <summary>Its PFs may be changed even where the host is managed over them.</summary>
    public bool AllowsManagementNic { get; init; }

    /// <summary>What the PFs' embedded switches are to do; null leaves them as they are.</summary>
    public EswitchMode? Eswitch { get; init; }

    /// <summary>How many PFs the selector is meant to match; 0 leaves that open.</summary>
    public int ExpectMatches { get; init; }

    /// <summary>MTU of the VFs in bytes; 0 leaves it as it is.</summary>
    public int VfMtu { get; init; }

    /// <summary>What every VF is set to.</summary>
    public VfSettings VfDefaults { get; init; } = VfSettings.None;

    /// <summary>What some VFs are set to; of two for one VF the later wins.</summary>
    public ImmutableArray<VfOverride> VfOverrides { get; init; } = [];

    /// <summary>The VFs of a PF that are this resource's, of those that the PF can have; null when there are none.</summary>
    public VfRanges? VfsOf(PhysicalFunction pf) =>
        VfRanges.Below(Math.Min(NumVfs, pf.TotalVfs)) is { } possible ? possible.Shared(Selector.VfsOf(pf) ?? possible) : null;

    /// <summary>What a VF is to be set to, by its index.</summary>
    public VfSettings SettingsOf(int index) => VfOverrides
        .Where(entry => entry.Vfs?.Contains(index) == true)
        .Aggregate(VfDefaults, (settings, entry) => entry.Settings.Over(settings));

    public bool Equals(ResourceSpec? other) =>
        other is not null && Name == other.Name && Mtu == other.Mtu && NumVfs == other.NumVfs && NeedVhostNet == other.NeedVhostNet &&
        Selector.Equals(other.Selector) && DeviceType == other.DeviceType && Generation == other.Generation && Disruption == other.Disruption &&
        Deletion == other.Deletion && SkipsKernelDriver == other.SkipsKernelDriver && ExternallyManaged == other.ExternallyManaged &&
        AllowsManagementNic == other.AllowsManagementNic && Eswitch == other.Eswitch &&
        ObserveOnly == other.ObserveOnly && ExpectMatches == other.ExpectMatches && VfMtu == other.VfMtu && VfDefaults == other.VfDefaults &&
        VfOverrides.SequenceEqual(other.VfOverrides);

    public override int GetHashCode() => HashCode.Combine(Name, NumVfs, Generation);
}

/// <summary>Whether a change that takes VFs away is made.</summary>
public enum DisruptionPolicy
{
    /// <summary>As soon as nobody uses the VFs.</summary>
    Defer,

    /// <summary>At once, but for a device that is held open: the kernel would wait for it.</summary>
    Force,

    /// <summary>Not at all.</summary>
    Never,
}

/// <summary>What becomes of the PFs of a resource that is deleted.</summary>
public enum DeletionPolicy
{
    /// <summary>Number of VFs and MTU go back to what they were before the first change, once that takes VFs from nobody.</summary>
    Restore,

    /// <summary>They stay as they are.</summary>
    Retain,
}

/// <summary>What VFs are bound to, in the sender's words.</summary>
public static class DeviceTypes
{
    /// <summary>The VF's own kernel driver.</summary>
    public const string NetDevice = "netdevice";

    /// <summary>vfio-pci, for user space.</summary>
    public const string VfioPci = "vfio-pci";
}
