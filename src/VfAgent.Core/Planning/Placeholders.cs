using System.Text.RegularExpressions;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>What a config may write in place of the VF that will be assigned.</summary>
public static partial class Placeholders
{
    public static IReadOnlyList<string> Known { get; } =
        ["${vf.pciAddress}", "${vf.name}", "${vf.index}", "${pf.name}", "${pf.pciAddress}"];

    /// <summary>Every <c>${vf.…}</c> and <c>${pf.…}</c> in a text, known or not; any other <c>${…}</c> is none of ours.</summary>
    public static IEnumerable<string> In(string text) =>
        text.Contains("${", StringComparison.Ordinal) ? Pattern().Matches(text).Select(match => match.Value) : [];

    public static string Fill(string text, PhysicalFunction pf, VirtualFunction vf) =>
        Pattern().Replace(text, match => match.Value switch
        {
            "${vf.pciAddress}" => vf.Address.ToString(),
            "${vf.name}" => vf.Netdev?.Name ?? "",
            "${vf.index}" => vf.Index.ToString(),
            "${pf.name}" => pf.Netdev?.Name ?? "",
            "${pf.pciAddress}" => pf.Address.ToString(),
            _ => match.Value,
        });

    [GeneratedRegex(@"\$\{(vf|pf)\.[^}]*\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
