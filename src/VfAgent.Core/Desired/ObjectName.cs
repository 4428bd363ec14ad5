using System.Text.RegularExpressions;

namespace VfAgent.Core.Desired;

/// <summary>
/// The one rule for names that become topic levels, file names, CNI network names and CDI device names:
/// <c>[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?</c>, the common ground of CNI's network names and CDI's device names.
/// </summary>
public static partial class ObjectName
{
    public const string Rule = "1 to 63 of a-z A-Z 0-9 _ . -, with a letter or digit first and last";

    public static bool IsValid(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(
        @"\A[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Pattern();
}
