using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// What a PF is to be, wherever that comes from: a resource that manages it, the picture from before a change that failed, or the values found
/// before the first change. So to apply, to roll back and to restore are one planner.
/// </summary>
/// <param name="Pf">Which.</param>
/// <param name="NumVfs">VFs, 0 for none.</param>
/// <param name="Mtu">Bytes; null leaves it as it is.</param>
/// <param name="Vfs">What the VFs are to be, by index; one that is not listed is left as it is.</param>
/// <param name="Disruption">Whether VFs that are not listed may be taken away.</param>
public sealed record PfTarget(PciAddress Pf, int NumVfs, int? Mtu, ImmutableSortedDictionary<int, VfTarget> Vfs, DisruptionPolicy Disruption)
{
    /// <summary>VFs that attachments of further resources have, which lost the PF or are gone: nobody's FORCE is about them.</summary>
    public ImmutableHashSet<int> OthersVfs { get; init; } = [];

    /// <summary>What the embedded switch is to do; null leaves it as it is.</summary>
    public EswitchMode? Eswitch { get; init; }

    /// <summary>VFs are to be made without their kernel driver.</summary>
    public bool SkipsKernelDriver { get; init; }

    /// <summary>When all else is as it is to be, new VFs are to get no driver.</summary>
    public bool AutoprobeOff { get; init; }

    /// <summary>The PF may be changed even where the host is managed over it.</summary>
    public bool MayCutOff { get; init; }

    /// <summary>As the resources want it that manage it: they agree about the PF, and no VF is two's.</summary>
    /// <param name="pf">The PF.</param>
    /// <param name="specs">What they want.</param>
    /// <param name="hostId">For addresses that are made of it.</param>
    /// <param name="ledger">Who has which VF.</param>
    public static PfTarget Of(PhysicalFunction pf, IReadOnlyList<ResourceSpec> specs, string hostId, Ledger ledger) => new(
        pf.Address,
        specs[0].NumVfs,
        specs.Select(spec => spec.Mtu).FirstOrDefault(mtu => mtu != 0) is > 0 and var mtu ? mtu : null,
        specs
            .SelectMany(spec => spec.VfsOf(pf)?.Indexes ?? [], (spec, index) => (Spec: spec, Vf: new VfId(pf.Address, index)))
            .ToImmutableSortedDictionary(entry => entry.Vf.Index, entry => VfTarget.Of(entry.Spec, entry.Vf, hostId)),
        specs.Any(spec => spec.Disruption == DisruptionPolicy.Never) ? DisruptionPolicy.Never

            // Beside its ranges no VF is a resource's to take from its user.
            : specs.Any(spec => spec.Selector.VfsOf(pf) is not null) ? DisruptionPolicy.Defer
            : specs.Min(spec => spec.Disruption))
    {
        OthersVfs = [.. ledger.Attachments.Values
            .Where(assignment => !specs.Any(spec => spec.Name == assignment.Resource))
            .SelectMany(assignment => assignment.Vfs)
            .Where(vf => vf.Pf == pf.Address)
            .Select(vf => vf.Index)],
        Eswitch = specs.Select(spec => spec.Eswitch).FirstOrDefault(mode => mode is not null),
        MayCutOff = specs.All(spec => spec.AllowsManagementNic),

        // All VFs are made by one write: one that is for a kernel driver, or for nobody here, would be without.
        SkipsKernelDriver = specs.All(spec => spec.SkipsKernelDriver) && specs.Sum(spec => spec.VfsOf(pf)?.Count ?? 0) == specs[0].NumVfs,
    };

    /// <summary>As the PF was before the first change. What nobody has set stays as it is.</summary>
    public static PfTarget Of(PfClaim claim, PhysicalFunction pf) => new(
        pf.Address,
        claim.OriginalNumVfs,
        claim.OriginalMtu,
        Kinds(pf, vf => vf.DriverOverride is null ? null : new VfTarget(OnVfio: false, DisruptionPolicy.Defer)),
        DisruptionPolicy.Defer)
    {
        Eswitch = claim.OriginalEswitch,
        AutoprobeOff = claim.FoundAutoprobeOff,
        MayCutOff = claim.MayCutOff,
    };

    /// <summary>As the PF was read.</summary>
    public static PfTarget Of(PhysicalFunction pf) =>
        Before(pf.Address, pf.NumVfs, pf.Netdev?.Mtu, pf.Eswitch, Kinds(pf, vf => vf.Driver is null ? null : VfTarget.Of(vf)));

    /// <summary>As the PF was before a change.</summary>
    public static PfTarget Before(PciAddress pf, int numVfs, int? mtu, EswitchMode? eswitch, ImmutableSortedDictionary<int, VfTarget> vfs) =>
        new(pf, numVfs, mtu, vfs, DisruptionPolicy.Defer) { Eswitch = eswitch };

    /// <summary>For people: <c>4 VFs, MTU 1500</c>.</summary>
    public override string ToString() =>
        $"{NumVfs} VFs{(Mtu is { } mtu ? $", MTU {mtu}" : "")}{(Eswitch is { } mode ? $", eswitch mode {mode.Word()}" : "")}";

    /// <summary>Whether this VF may be taken away.</summary>
    public DisruptionPolicy DisruptionOf(VirtualFunction vf)
    {
        DisruptionPolicy policy = Vfs.GetValueOrDefault(vf.Index)?.Disruption ?? Disruption;
        return policy == DisruptionPolicy.Force && OthersVfs.Contains(vf.Index) ? DisruptionPolicy.Defer : policy;
    }

    private static ImmutableSortedDictionary<int, VfTarget> Kinds(PhysicalFunction pf, Func<VirtualFunction, VfTarget?> kind) =>
        pf.Vfs
            .Select(vf => KeyValuePair.Create(vf.Index, kind(vf)))
            .Where(vf => vf.Value is not null)
            .ToImmutableSortedDictionary(vf => vf.Key, vf => vf.Value!);
}

/// <param name="OnVfio">Bound to vfio-pci; else to its own kernel driver.</param>
/// <param name="Disruption">Whether it may be taken away from its users.</param>
/// <param name="Mtu">Of its netdev, in bytes; null leaves it as it is.</param>
public sealed record VfTarget(bool OnVfio, DisruptionPolicy Disruption, int? Mtu = null)
{
    /// <summary>What it is set to through the PF; a MAC is an address.</summary>
    public VfSettings Settings { get; init; } = VfSettings.None;

    /// <summary>
    /// For vfio: it gets an address where it has none and none is named. That is the agent's own idea, so others are not held to it.
    /// </summary>
    public bool ImpliesMac { get; init; }

    public static VfTarget Of(ResourceSpec spec, VfId vf, string hostId)
    {
        VfSettings settings = spec.SettingsOf(vf.Index);
        return new VfTarget(spec.IsVfio, spec.Disruption, spec.VfMtu == 0 ? null : spec.VfMtu)
        {
            ImpliesMac = spec is { IsVfio: true, IsHandsOff: false },
            Settings = settings.Mac == VfSettings.DeterministicMac ? settings with { Mac = DeterministicMac.Of(hostId, vf) } : settings,
        };
    }

    /// <summary>As the VF was read.</summary>
    public static VfTarget Of(VirtualFunction vf) => new(vf.OnVfio, DisruptionPolicy.Defer, vf.Netdev?.Mtu)
    {
        Settings = vf.Admin is { } admin
            ? new VfSettings(
                admin.Mac == MacAddress.None ? null : admin.Mac, new VfVlan(admin.Vlan, admin.Qos, admin.VlanProtocol), admin.Trust, admin.SpoofCheck,
                admin.LinkState, admin.MinTxRate, admin.MaxTxRate)
            : VfSettings.None,
    };

    /// <summary>
    /// Without the address that it may have chosen itself, which is not to be pinned: one that is wished for was given to it, and on vfio it has no
    /// driver that chooses.
    /// </summary>
    public VfTarget WithGivenMac(VfTarget? wish) =>
        OnVfio || wish?.Settings.Mac == Settings.Mac ? this : this with { Settings = Settings with { Mac = null } };
}
