using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>Everything that a status is made of, as of one moment.</summary>
/// <param name="Desired">What is asked for.</param>
/// <param name="Host">What was read.</param>
/// <param name="Ledger">What is owned.</param>
/// <param name="Plan">What is left to do.</param>
/// <param name="PfTroubles">What went wrong lately with which PF.</param>
/// <param name="ObjectTroubles">What went wrong lately with which object's files.</param>
/// <param name="Hung">PFs for which the kernel has not answered in time, and not yet since.</param>
internal sealed record Report(
    DesiredState Desired,
    HostSnapshot Host,
    Ledger Ledger,
    Plan Plan,
    IReadOnlyDictionary<PciAddress, ImmutableArray<Finding>> PfTroubles,
    IReadOnlyDictionary<ObjectKey, ImmutableArray<Finding>> ObjectTroubles,
    ImmutableHashSet<PciAddress> Hung)
{
    private static readonly ImmutableArray<Finding> _unreadable =
        [new Finding(Reasons.DiskFault, "its config is held on disk and cannot be read; until it is published again, all stays as it is")];

    /// <summary>Before anything was read.</summary>
    public static Report Empty { get; } = new(
        DesiredState.Empty, HostSnapshot.Empty, Ledger.Empty, Plan.Empty,
        ImmutableDictionary<PciAddress, ImmutableArray<Finding>>.Empty, ImmutableDictionary<ObjectKey, ImmutableArray<Finding>>.Empty,
        []);

    /// <summary>The resource that a VF belongs to; null when it is none's.</summary>
    public string? ResourceOf(VfId vf) =>
        Plan.Pfs.GetValueOrDefault(vf.Pf)?.Resources.FirstOrDefault(name => Plan.Resources.GetValueOrDefault(name)?.IsAbout(vf) == true);

    /// <summary>Whether nothing differs that a status could tell of. Plans are equal when they are the same one.</summary>
    public bool Equals(Report? other) =>
        other is not null && ReferenceEquals(Plan, other.Plan) && Desired == other.Desired && Host == other.Host && Ledger == other.Ledger &&
        AreEqual(PfTroubles, other.PfTroubles) && AreEqual(ObjectTroubles, other.ObjectTroubles) && Hung.SetEquals(other.Hung);

    public override int GetHashCode() => HashCode.Combine(Desired, Host, Ledger);

    public ImmutableArray<Finding>? TroublesOf(PciAddress pf) => PfTroubles.TryGetValue(pf, out ImmutableArray<Finding> findings) ? findings : null;

    public ImmutableArray<Finding> TroublesOf(ObjectKey key) =>
        ObjectTroubles.GetValueOrDefault(key, []).AddRange(Desired.Unreadable.Contains(key) ? _unreadable : []);

    private static bool AreEqual<TKey>(
        IReadOnlyDictionary<TKey, ImmutableArray<Finding>> one, IReadOnlyDictionary<TKey, ImmutableArray<Finding>> other) =>
        one.Count == other.Count &&
        one.All(entry => other.TryGetValue(entry.Key, out ImmutableArray<Finding> findings) && findings.SequenceEqual(entry.Value));
}
