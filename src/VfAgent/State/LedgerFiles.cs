using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.State;

/// <summary>
/// The ledger on disk: one small file for each entry (<c>{state}/ledger/attachments/{name}</c>), so that a change costs its own entry
/// however many there are.
/// </summary>
internal sealed class LedgerFiles(DurableFiles files, string stateDirectory)
{
    private readonly string _pfs = Path.Combine(stateDirectory, "ledger", "pfs");
    private readonly string _resources = Path.Combine(stateDirectory, "ledger", "resources");
    private readonly string _attachments = Path.Combine(stateDirectory, "ledger", "attachments");
    private readonly string _unconfirmed = Path.Combine(stateDirectory, "ledger", "unconfirmed");

    private IReadOnlyList<string> Folders => [_pfs, _resources, _attachments, _unconfirmed];

    /// <summary>Makes the folders ready for a run, and reads them.</summary>
    /// <inheritdoc cref="Read()"/>
    public IoResult<(Ledger Ledger, IReadOnlyList<string> Unreadable)> Load()
    {
        foreach (string folder in Folders)
        {
            if (files.Prepare(folder) is { } error)
                return error;
        }

        return Read();
    }

    /// <summary>Reads the ledger and touches nothing.</summary>
    /// <returns>The ledger, and the entries that are broken; or why it cannot be read.</returns>
    public IoResult<(Ledger Ledger, IReadOnlyList<string> Unreadable)> Read()
    {
        Ledger ledger = Ledger.Empty;
        List<string> unreadable = [];
        foreach (string folder in Folders)
        {
            IoResult<IReadOnlyList<string>> names = files.Disk.List(folder);
            if (names.Error is { Errno: not Errno.ENOENT } error)
                return error;

            foreach (string name in names.ValueOr([])!)
            {
                string path = Path.Combine(folder, name);
                IoResult<byte[]> bytes = files.Disk.Read(path);
                if (bytes.Error is { Errno: Errno.ENOENT })
                    continue;

                // Too large to be read is broken, too. A disk that does not answer says nothing of what it holds.
                if (bytes.Error is { Errno: not Errno.EFBIG } refused)
                    return refused;

                if (bytes.Ok && Add(ledger, folder, name, bytes.Value) is { } with)
                    ledger = with;
                else
                    unreadable.Add(path);
            }
        }

        return (ledger, unreadable);
    }

    /// <summary>Carries out a ledger step on disk.</summary>
    public IoError? Apply(Step step) => step switch
    {
        ClaimPf { Claim: var claim } => Write(_pfs, claim.Pf.ToString(), Entry(claim)),
        ReleasePf { Pf: var pf } => files.Delete(Path.Combine(_pfs, pf.ToString())),
        RecordChange { Change: var change } => Save(_unconfirmed, change.Before.Pf.ToString(), UnconfirmedEntry.From(change).ToJson()),
        DropChange { Pf: var pf } => files.Delete(Path.Combine(_unconfirmed, pf.ToString())),
        RecordResource { Resource: var name } => Write(_resources, name, new()),
        DropResource { Resource: var name } => files.Delete(Path.Combine(_resources, name)),
        RecordAssignment { Assignment: var a } => Write(_attachments, a.Attachment, new(a.Resource, Pf: a.Vf?.Pf.ToString(), VfIndex: a.Vf?.Index)),
        DropAssignment { Attachment: var name } => files.Delete(Path.Combine(_attachments, name)),
        _ => throw new ArgumentException($"{step} is no ledger step", nameof(step)),
    };

    private IoError? Write(string folder, string name, LedgerEntry entry) =>
        Save(folder, name, JsonSerializer.SerializeToUtf8Bytes(entry, LedgerJson.Default.LedgerEntry));

    private IoError? Save(string folder, string name, byte[] json) => files.Write(Path.Combine(folder, name), json, 0b110_000_000);

    private static LedgerEntry Entry(PfClaim claim) => new(
        claim.Resource,
        claim.OriginalNumVfs,
        claim.OriginalMtu,
        Retain: claim.Deletion == DeletionPolicy.Retain ? true : null,
        Others: claim.Others.IsEmpty ? null : [.. claim.Others],
        OwesAutoprobe: claim.OwesAutoprobe ? true : null,
        FoundAutoprobeOff: claim.FoundAutoprobeOff ? true : null,
        MayCutOff: claim.MayCutOff ? true : null,
        OriginalEswitch: claim.OriginalEswitch?.Word());

    private static PfClaim Claim(PciAddress pf, string owner, LedgerEntry entry) =>
        new(pf, owner, entry.OriginalNumVfs ?? 0, entry.OriginalMtu, entry.Retain is true ? DeletionPolicy.Retain : DeletionPolicy.Restore)
        {
            Others = [.. entry.Others ?? []],
            OwesAutoprobe = entry.OwesAutoprobe is true,
            FoundAutoprobeOff = entry.FoundAutoprobeOff is true,
            MayCutOff = entry.MayCutOff is true,
            OriginalEswitch = EswitchModeWords.Parse(entry.OriginalEswitch),
        };

    private static T? Parse<T>(byte[] bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Ledger? Add(Ledger ledger, string folder, string name, byte[] bytes)
    {
        if (folder == _unconfirmed)
        {
            return PciAddress.TryParse(name, out PciAddress changed) && Parse(bytes, UnconfirmedJson.Default.UnconfirmedEntry) is { } change
                ? ledger.With(change.ToChange(changed))
                : null;
        }

        return Parse(bytes, LedgerJson.Default.LedgerEntry) is { } entry ? Add(ledger, folder, name, entry) : null;
    }

    private Ledger? Add(Ledger ledger, string folder, string name, LedgerEntry entry)
    {
        if (folder == _pfs)
        {
            return PciAddress.TryParse(name, out PciAddress pf) && entry.Resource is { } owner
                ? ledger.With(Claim(pf, owner, entry))
                : null;
        }

        if (!ObjectName.IsValid(name))
            return null;
        if (folder == _resources)
            return ledger.WithResource(name);
        if (entry.VfIndex is not { } index)
            return ledger.With(new Assignment(name, entry.Resource, null));

        // One VF, one holder: of two entries that name the same VF (a folder restored from two backups) the second gets a VF anew.
        return PciAddress.TryParse(entry.Pf, out PciAddress on) && new VfId(on, index) is var vf && ledger.HolderOf(vf) is null
            ? ledger.With(new Assignment(name, entry.Resource, vf))
            : null;
    }
}
