using System.Collections.Immutable;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// A PF's sriov_drivers_autoprobe, which is off while VFs are made that no kernel driver is to have. It is the PF's, not a resource's, so it is put
/// back; that it has to be is in the ledger before it is turned off, so a crash in between does not leave it off. Where it was off all along, VFs get
/// their kernel driver only once it is on, whoever offers them to it (pci_device_can_probe), until the PF is given back as it was found.
/// </summary>
internal static class Autoprobe
{
    public static bool IsTurnedOff(IEnumerable<Step> steps) => steps.Any(step => step is SetAutoprobe { On: false });

    /// <summary>What lets VFs have their kernel driver, or nothing when that is to be done already.</summary>
    public static IEnumerable<Step> TurnOn(PhysicalFunction pf, IEnumerable<Step> steps) =>
        pf.DriversAutoprobe || IsTurnedOn(steps) ? [] : [new SetAutoprobe(pf.Address, true)];

    private static bool IsTurnedOn(IEnumerable<Step> steps) => steps.Any(step => step is SetAutoprobe { On: true });

    /// <param name="claim">What is owed.</param>
    /// <param name="pf">The PF.</param>
    /// <param name="steps">What else is to be done: no VF may be about to be made.</param>
    public static ImmutableArray<Step> GiveBack(PfClaim claim, PhysicalFunction pf, IEnumerable<Step> steps)
    {
        bool areVfsOnTheirWay = pf.Vfs.Length < pf.NumVfs || steps.Any(step => step is SetNumVfs);
        return areVfsOnTheirWay || IsTurnedOn(steps) ? [] : GiveBackAtOnce(claim, pf);
    }

    /// <summary>For a PF that is no resource's any more: whatever VFs are still to come may have their drivers.</summary>
    public static ImmutableArray<Step> GiveBackAtOnce(PfClaim claim, PhysicalFunction pf)
    {
        if (!claim.OwesAutoprobe)
            return [];

        // Settled when it is read as on, not when a write has said so.
        return pf.DriversAutoprobe ? [new ClaimPf(claim with { OwesAutoprobe = false })] : [new SetAutoprobe(pf.Address, true)];
    }
}
