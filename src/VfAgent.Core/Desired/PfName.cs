using System.IO.Enumeration;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>An entry of a selector's pfNames: <c>eth3</c>, <c>ens7f*</c>, <c>eth3#0-3</c>.</summary>
/// <param name="Pattern">The name, or a glob of names.</param>
/// <param name="Ranges">What it says of VFs; null when it means all of them.</param>
internal sealed record PfName(string Pattern, string? Ranges)
{
    /// <summary>The VFs that are meant; null for all of them, and for what cannot be read.</summary>
    public VfRanges? Vfs { get; } = Ranges is not null && VfRanges.TryParse(Ranges, out VfRanges? vfs) ? vfs : null;

    public static PfName Parse(string entry) => entry.Split('#', 2) is [var pattern, var ranges] ? new(pattern, ranges) : new(entry, null);

    public bool Matches(NetDevice? netdev) => netdev is not null && (Matches(netdev.Name) || netdev.AlternativeNames.Any(Matches));

    private bool Matches(string name) => FileSystemName.MatchesSimpleExpression(Pattern, name, ignoreCase: false);
}
