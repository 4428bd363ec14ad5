using System.Text.RegularExpressions;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>What a config may write in place of the VF that will be assigned.</summary>
public static partial class Placeholders
{
    private const string VfName = "${vf.name}";

    public static IReadOnlyList<string> Known { get; } =
        ["${vf.pciAddress}", VfName, "${vf.index}", "${pf.name}", "${pf.pciAddress}"];

    /// <summary>Every <c>${vf.…}</c> and <c>${pf.…}</c> in a text, known or not; any other <c>${…}</c> is none of ours.</summary>
    public static IEnumerable<string> In(string text) =>
        text.Contains("${", StringComparison.Ordinal) ? Pattern().Matches(text).Select(match => match.Value) : [];

    /// <summary>Those whose value is not known now stay as they are.</summary>
    public static string Fill(string text, PhysicalFunction pf, VirtualFunction vf) =>
        Pattern().Replace(text, match => match.Value switch
        {
            "${vf.pciAddress}" => vf.Address.ToString(),
            VfName => vf.Netdev?.Name ?? match.Value,
            "${vf.index}" => vf.Index.ToString(),
            "${pf.name}" => pf.Netdev?.Name ?? match.Value,
            "${pf.pciAddress}" => pf.Address.ToString(),
            _ => match.Value,
        });

    /// <summary>What a text has where the template says <c>${vf.name}</c>, if it is the template in all else; any string or null if not.</summary>
    public static string? NameIn(string text, string template)
    {
        int places = template.Split(VfName).Length - 1;
        if (places == 0)
            return null;

        int at = template.IndexOf(VfName, StringComparison.Ordinal);
        int length = VfName.Length + ((text.Length - template.Length) / places);
        return length > 0 && at + length <= text.Length ? text.Substring(at, length) : null;
    }

    [GeneratedRegex(@"\$\{(vf|pf)\.[^}]*\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Pattern();
}
