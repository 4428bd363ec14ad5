namespace VfAgent.Protocol;

/// <summary>The MQTT 5 content types of payloads.</summary>
public static class ContentTypes
{
    public const string Json = "application/json";

    public const string Protobuf = "application/x-protobuf";

    /// <summary>Compares without the parameters (<c>; charset=utf-8</c>) and without case, as RFC 9110 section 8.3.1 has it.</summary>
    internal static bool Is(ReadOnlySpan<char> contentType, string expected)
    {
        int end = contentType.IndexOf(';');
        return (end < 0 ? contentType : contentType[..end]).Trim().Equals(expected, StringComparison.OrdinalIgnoreCase);
    }
}
