using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace VfAgent.Protocol;

/// <summary>From bytes to a JSON document: encoding, syntax and depth, the first error of which ends the reading.</summary>
internal static class JsonText
{
    public static ReadOnlySpan<byte> Blanks => " \t\r\n"u8;

    public static ReadOnlySpan<byte> SkipByteOrderMark(ReadOnlySpan<byte> text) =>
        text.StartsWith("\uFEFF"u8) ? text["\uFEFF"u8.Length..] : text;

    /// <returns>What is wrong and where; null when <see cref="Parse"/> can have it.</returns>
    public static string? FindError(ReadOnlySpan<byte> text) => FindEncodingError(text) ?? FindSyntaxError(text);

    public static JsonDocument Parse(ReadOnlySpan<byte> text)
    {
        Utf8JsonReader reader = new(text);
        return JsonDocument.ParseValue(ref reader);
    }

    private static string? FindEncodingError(ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
            return null;

        int offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out int length) == System.Buffers.OperationStatus.Done)
            offset += length;
        return $"the payload is not UTF-8: {Position(text, offset)}: byte 0x{text[offset]:X2}";
    }

    private static string? FindSyntaxError(ReadOnlySpan<byte> text)
    {
        // The reader's own limit is out of the way so that ours can say where it was passed.
        Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= PayloadReader.MaxDepth)
                    return $"the payload is nested deeper than {PayloadReader.MaxDepth} levels: {Position(text, (int)reader.TokenStartIndex)}";
            }

            return null;
        }
        catch (JsonException e)
        {
            // The message ends with the position once more.
            string what = ErrorList.ShortenMessage(e.Message.Split(" LineNumber: ")[0]);
            return $"the payload is not JSON: line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}: {what}";
        }
    }

    private static string Position(ReadOnlySpan<byte> text, int offset)
    {
        ReadOnlySpan<byte> before = text[..offset];
        return $"line {before.Count((byte)'\n') + 1}, column {offset - before.LastIndexOf((byte)'\n')}";
    }
}
