using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>As the ledger is on disk: one entry for each PF, resource and attachment.</summary>
internal sealed record LedgerEntries
{
    public Dictionary<string, ClaimEntry> Pfs { get; init; } = [];

    public string[] Resources { get; init; } = [];

    public Dictionary<string, AssignmentEntry> Attachments { get; init; } = [];

    public Ledger ToLedger()
    {
        Ledger ledger = Ledger.Empty;
        foreach ((string pf, ClaimEntry claim) in Pfs)
        {
            ledger = ledger.With(new PfClaim(PciAddress.Parse(pf), claim.Resource, claim.OriginalNumVfs, claim.OriginalMtu, claim.Deletion)
            {
                Others = [.. claim.Others ?? []],
                OwesAutoprobe = claim.OwesAutoprobe,
                FoundAutoprobeOff = claim.FoundAutoprobeOff,
                MayCutOff = claim.MayCutOff,
                OriginalEswitch = EswitchModeWords.Parse(claim.OriginalEswitch),
            });
        }

        foreach (string resource in Resources)
            ledger = ledger.WithResource(resource);
        foreach ((string name, AssignmentEntry a) in Attachments)
            ledger = ledger.With(new Assignment(name, a.Resource, a.Pf is null ? null : new VfId(PciAddress.Parse(a.Pf), a.VfIndex)));
        return ledger;
    }

    public sealed record ClaimEntry(
        string Resource, int OriginalNumVfs = 0, int? OriginalMtu = 1500, bool Retain = false, string[]? Others = null, bool OwesAutoprobe = false,
        bool FoundAutoprobeOff = false, bool MayCutOff = false, string? OriginalEswitch = null)
    {
        public DeletionPolicy Deletion => Retain ? DeletionPolicy.Retain : DeletionPolicy.Restore;
    }

    public sealed record AssignmentEntry(string? Resource = null, string? Pf = null, int VfIndex = 0);
}
