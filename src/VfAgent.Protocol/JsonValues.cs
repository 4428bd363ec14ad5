using System.Globalization;
using System.Text.Json;

namespace VfAgent.Protocol;

/// <summary>Questions to a JSON value that no value answers with an exception.</summary>
internal static class JsonValues
{
    // Beyond it a double, which is how a Struct and Google's parser hold numbers, no longer tells neighbouring integers apart.
    public const long MaxExact = 1L << 53;

    // JSON can escape half a surrogate pair ("\ud800"), which no string can hold; there is no way to ask beforehand.
    public static bool TryGetText(JsonElement element, out string text)
    {
        try
        {
            text = element.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    public static bool TryGetNumber(JsonElement element, out decimal number)
    {
        number = 0;
        return element.ValueKind switch
        {
            JsonValueKind.Number => element.TryGetDecimal(out number),
            JsonValueKind.String => TryGetText(element, out string text) && TryParseNumber(text, out number),
            _ => false,
        };
    }

    // The text has to be a number as JSON writes it: no plus sign, no leading zeros.
    private static bool TryParseNumber(string text, out decimal number)
    {
        number = 0;
        return !text.StartsWith('+')
            && text.AsSpan().TrimStart('-') is not ['0', >= '0' and <= '9', ..]
            && decimal.TryParse(
                text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);
    }

    public static bool IsInexact(JsonElement number) =>
        !number.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') && !(number.TryGetInt64(out long value) && value is >= -MaxExact and <= MaxExact);

    public static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => TryGetText(element, out string text) ? $"\"{ErrorList.Shorten(text)}\"" : "a string with half a surrogate pair",
        _ => ErrorList.Shorten(element.GetRawText()),
    };
}
