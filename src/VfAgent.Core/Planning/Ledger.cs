using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// What the agent owns on this host. Each entry is written before the first thing that it owns, and dropped after the last: so after
/// a crash nothing of ours is unknown, and what is not in here is somebody else's.
/// </summary>
public sealed record Ledger
{
    public static Ledger Empty { get; } = new();

    public ImmutableSortedDictionary<PciAddress, PfClaim> Pfs { get; private init; } = ImmutableSortedDictionary<PciAddress, PfClaim>.Empty;

    /// <summary>Resources that have a CDI spec.</summary>
    public ImmutableSortedSet<string> Resources { get; private init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, Assignment> Attachments { get; private init; } =
        ImmutableSortedDictionary.Create<string, Assignment>(StringComparer.Ordinal);

    /// <summary>PFs whose entry may be another one on disk than here, or none: the last write or removal of it has failed.</summary>
    public ImmutableSortedSet<PciAddress> DoubtfulPfs { get; private init; } = [];

    /// <summary>Resources whose entry may be on disk or not, for the same reason.</summary>
    public ImmutableSortedSet<string> DoubtfulResources { get; private init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>
    /// Files that may be there though they are not seen, and nothing would know of them: their removal has failed, so that they are there again after a
    /// power loss, or a write that was given up may yet take effect.
    /// </summary>
    public ImmutableHashSet<RemoveFile> DoubtfulFiles { get; private init; } = [];

    /// <summary>Changes that a broker has not confirmed yet, or not at all.</summary>
    public ImmutableSortedDictionary<PciAddress, UnconfirmedChange> Unconfirmed { get; private init; } =
        ImmutableSortedDictionary<PciAddress, UnconfirmedChange>.Empty;

    // The other direction of Attachments, so that looking for a free VF does not walk them.
    private ImmutableDictionary<VfId, string> Holders { get; init; } = ImmutableDictionary<VfId, string>.Empty;

    /// <summary>The ledger after a step that was carried out; a step that is none of the ledger's leaves it as it is.</summary>
    public Ledger After(Step step) => step switch
    {
        ClaimPf s => With(s.Claim),
        ReleasePf s => Without(s.Pf),
        RecordChange s => With(s.Change),
        DropChange s => WithoutChange(s.Pf),
        RecordResource s => WithResource(s.Resource),
        DropResource s => WithoutResource(s.Resource),
        RecordAssignment s => With(s.Assignment),
        DropAssignment s => WithoutAttachment(s.Attachment),
        RemoveFile s => this with { DoubtfulFiles = DoubtfulFiles.Remove(s) },
        WriteFile s => this with { DoubtfulFiles = DoubtfulFiles.Remove(new RemoveFile(s.Folder, s.FileName)) },
        _ => this,
    };

    /// <summary>
    /// After a step that failed: what it wrote may be on disk all the same (its folder's sync has failed). The entry is in doubt until it is written
    /// or removed for good; and both VFs of an assignment that was to change are the attachment's until then.
    /// </summary>
    public Ledger AfterFailed(Step step)
    {
        switch (step)
        {
            case ClaimPf { Claim: var claim }:
                return this with { DoubtfulPfs = DoubtfulPfs.Add(claim.Pf) };
            case ReleasePf { Pf: var pf }:
                return this with { DoubtfulPfs = DoubtfulPfs.Add(pf) };
            case RemoveFile s:
                return this with { DoubtfulFiles = DoubtfulFiles.Add(s) };
            case WriteFile s:
                return AfterFailed(new RemoveFile(s.Folder, s.FileName));
            case RecordResource { Resource: var resource }:
                return this with { DoubtfulResources = DoubtfulResources.Add(resource) };
            case DropResource { Resource: var resource }:
                return this with { Resources = Resources.Remove(resource), DoubtfulResources = DoubtfulResources.Add(resource) };
            case RecordAssignment { Assignment: var tried }:
                return Doubting(tried.Attachment, tried.Vf);
            case DropAssignment { Attachment: var name }:
                return Doubting(name, null);
            default:
                return this;
        }
    }

    /// <summary>The removal of a file of ours that is there, or may be.</summary>
    /// <param name="removal">Which.</param>
    /// <param name="isSeen">Whether it is there.</param>
    public IEnumerable<Step> Removing(RemoveFile removal, bool isSeen) => isSeen || DoubtfulFiles.Contains(removal) ? [removal] : [];

    public string? HolderOf(VfId vf) => Holders.GetValueOrDefault(vf);

    /// <summary>Whether a CDI spec of this resource is or may be recorded.</summary>
    public bool MayHave(string resource) => Resources.Contains(resource) || DoubtfulResources.Contains(resource);

    public Ledger With(PfClaim claim) => this with { Pfs = Pfs.SetItem(claim.Pf, claim), DoubtfulPfs = DoubtfulPfs.Remove(claim.Pf) };

    public Ledger Without(PciAddress pf) => this with { Pfs = Pfs.Remove(pf), DoubtfulPfs = DoubtfulPfs.Remove(pf) };

    public Ledger With(UnconfirmedChange change) => this with { Unconfirmed = Unconfirmed.SetItem(change.Before.Pf, change) };

    public Ledger WithoutChange(PciAddress pf) => this with { Unconfirmed = Unconfirmed.Remove(pf) };

    public Ledger WithResource(string name) => this with { Resources = Resources.Add(name), DoubtfulResources = DoubtfulResources.Remove(name) };

    public Ledger WithoutResource(string name) => this with { Resources = Resources.Remove(name), DoubtfulResources = DoubtfulResources.Remove(name) };

    public Ledger With(Assignment assignment)
    {
        Ledger without = WithoutAttachment(assignment.Attachment);
        return without with
        {
            Attachments = without.Attachments.Add(assignment.Attachment, assignment),
            Holders = without.Holders.AddRange(assignment.Vfs.Select(vf => KeyValuePair.Create(vf, assignment.Attachment))),
        };
    }

    public Ledger WithoutAttachment(string name) => Attachments.TryGetValue(name, out Assignment? old)
        ? this with
        {
            Attachments = Attachments.Remove(name),
            Holders = Holders.RemoveRange(old.Vfs),
        }
        : this;

    // The record may be as it was, as it was to be, or gone; whatever is wanted next has to be written again.
    private Ledger Doubting(string attachment, VfId? tried)
    {
        Assignment known = Attachments.GetValueOrDefault(attachment) ?? new Assignment(attachment, null, null);
        Assignment either = tried is null ? known with { Vf = null, MayHave = known.Vf ?? known.MayHave }
            : tried == known.Vf ? known
            : known with { MayHave = tried };
        return With(either with { IsDoubtful = true });
    }
}

/// <summary>A PF that a resource manages, with the values found before the first change.</summary>
/// <param name="Pf">Which.</param>
/// <param name="Resource">Its manager; of several one after the other, the newest; of several at once, the first by name.</param>
/// <param name="OriginalNumVfs">VFs before the first of them.</param>
/// <param name="OriginalMtu">Bytes; null while no resource has set it.</param>
/// <param name="Deletion">What becomes of the PF when the resource goes: by then its spec is gone.</param>
public sealed record PfClaim(
    PciAddress Pf, string Resource, int OriginalNumVfs, int? OriginalMtu, DeletionPolicy Deletion = DeletionPolicy.Restore)
{
    /// <summary>Resources that have other VFs of it, by name.</summary>
    public ImmutableArray<string> Others { get; init; } = [];

    /// <summary>What the embedded switch did before; null while no resource has set it.</summary>
    public EswitchMode? OriginalEswitch { get; init; }

    /// <summary>The agent has kept drivers from new VFs, and has to put that back.</summary>
    public bool OwesAutoprobe { get; init; }

    /// <summary>New VFs got no driver before the first change.</summary>
    public bool FoundAutoprobeOff { get; init; }

    /// <summary>The PF may be changed even where the host is managed over it, also to give it back.</summary>
    public bool MayCutOff { get; init; }

    public bool IsOf(string resource) => Resource == resource || Others.Contains(resource, StringComparer.Ordinal);

    public bool Equals(PfClaim? other) =>
        other is not null && Pf == other.Pf && Resource == other.Resource &&
        OriginalNumVfs == other.OriginalNumVfs && OriginalMtu == other.OriginalMtu &&
        Deletion == other.Deletion && OwesAutoprobe == other.OwesAutoprobe && FoundAutoprobeOff == other.FoundAutoprobeOff &&
        MayCutOff == other.MayCutOff && OriginalEswitch == other.OriginalEswitch && Others.SequenceEqual(other.Others);

    public override int GetHashCode() => HashCode.Combine(Pf, Resource);
}

/// <summary>An attachment that has or is about to have files, and its VF; <see cref="Vf"/> is null for one without a resource.</summary>
public sealed record Assignment(string Attachment, string? Resource, VfId? Vf)
{
    /// <summary>The last write or removal of the record has failed: it may be another one on disk, or none.</summary>
    public bool IsDoubtful { get; init; }

    /// <summary>A VF that it has or not, by a record that is doubtful.</summary>
    public VfId? MayHave { get; init; }

    internal IEnumerable<VfId> Vfs => ((VfId?[])[Vf, MayHave]).OfType<VfId>();
}
