using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>Who would lose a VF.</summary>
public static class VfUse
{
    /// <summary>What <c>usedBy</c> says of a VF whose netdev was moved away.</summary>
    public const string OtherNamespace = "another network namespace";

    /// <summary>One text for each VF of a PF that somebody has, such as <c>VF 0 (network attachment f1-u)</c>.</summary>
    public static IEnumerable<string> Of(PhysicalFunction pf, HostSnapshot host, Ledger ledger)
    {
        foreach (VirtualFunction vf in pf.Vfs)
        {
            var id = new VfId(pf.Address, vf.Index);
            if (ledger.HolderOf(id) is { } attachment)
                yield return $"VF {vf.Index} (network attachment {attachment})";
            else if (IsAway(vf, id, host))
                yield return $"VF {vf.Index} (its interface is in {OtherNamespace})";
            else if (host.Conflists.FileNaming(vf.Address) is { } file)
                yield return $"VF {vf.Index} (named in {file})";
        }
    }

    /// <summary>The VF's netdev was moved to another network namespace, as far as the host shows: it is not one that is still being made.</summary>
    public static bool IsAway(VirtualFunction vf, VfId id, HostSnapshot host) => vf.NetdevAway && !host.Awaited.Contains(id);
}
