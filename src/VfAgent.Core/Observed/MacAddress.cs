using System.Globalization;
using System.Text.RegularExpressions;

namespace VfAgent.Core.Observed;

/// <summary>What is known of Ethernet addresses, written as six hex bytes with colons between them.</summary>
public static partial class MacAddress
{
    /// <summary>No address: in VfAttributes, none was given.</summary>
    public const string None = "00:00:00:00:00:00";

    private const int Multicast = 1;

    public static bool IsOne(string text) => Pattern().IsMatch(text);

    /// <summary>Whether one interface can have it (IEEE 802, section 8.2).</summary>
    public static bool IsUnicast(string text) =>
        IsOne(text) && text != None && (int.Parse(text.AsSpan(0, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & Multicast) == 0;

    [GeneratedRegex(@"\A[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Pattern();
}
