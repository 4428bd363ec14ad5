using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using VfAgent.Protocol.V1;

namespace VfAgent.Protocol;

/// <summary>
/// Reads config payloads, which are protobuf or protobuf's JSON. No payload makes it throw, and what it gives has no more than
/// <see cref="MaxDepth"/> levels. It knows the schema, not its meaning: names, numbers and selectors are still to be validated.
/// </summary>
/// <remarks>
/// The content type decides when it is set. Otherwise a payload whose first non-blank byte is <c>{</c> is JSON: as protobuf that byte would
/// start a group in field 15, which no message of ours has. Unknown fields are errors in JSON, where they are typing mistakes, and dropped
/// in protobuf, where they come from a newer controller.
/// </remarks>
public static class PayloadReader
{
    /// <summary>Bytes; a larger payload is not looked at.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>
    /// Levels of objects and lists in a payload. A level inside a config takes up to three messages in protobuf, and protobuf's readers
    /// stop at 100: with 32 levels, whatever is accepted here can be read back from a status by everyone.
    /// </summary>
    public const int MaxDepth = 32;

    /// <param name="payload">The message's payload; an empty one deletes and is not for reading.</param>
    /// <param name="contentType">The message's content type; null or empty when it has none.</param>
    public static PayloadResult<HostConfig> ReadHostConfig(ReadOnlySpan<byte> payload, string? contentType = null) =>
        Read(HostConfig.Parser, HostConfig.Descriptor, payload, contentType);

    /// <inheritdoc cref="ReadHostConfig"/>
    public static PayloadResult<ResourceConfig> ReadResourceConfig(ReadOnlySpan<byte> payload, string? contentType = null) =>
        Read(ResourceConfig.Parser, ResourceConfig.Descriptor, payload, contentType);

    /// <inheritdoc cref="ReadHostConfig"/>
    public static PayloadResult<NetworkAttachment> ReadNetworkAttachment(ReadOnlySpan<byte> payload, string? contentType = null) =>
        Read(NetworkAttachment.Parser, NetworkAttachment.Descriptor, payload, contentType);

    internal static PayloadResult<T> Read<T>(MessageParser<T> parser, MessageDescriptor message, ReadOnlySpan<byte> payload, string? contentType)
        where T : class, IMessage<T>
    {
        if (payload.Length > MaxBytes)
            return Failed<T>($"the payload has {payload.Length} bytes; the limit is {MaxBytes}");

        if (payload.IsEmpty)
            return Failed<T>($"the payload is empty; a {message.Name} is expected");

        if (ContentTypes.Is(contentType, ContentTypes.Json))
            return ReadJson(parser, message, payload);

        if (ContentTypes.Is(contentType, ContentTypes.Protobuf))
            return ReadProtobuf(parser, payload, LooksLikeJson(payload) ? "; it looks like JSON, whose content type is " + ContentTypes.Json : "");

        if (!string.IsNullOrEmpty(contentType))
            return Failed<T>($"the content type '{ErrorList.Shorten(contentType)}' is neither {ContentTypes.Json} nor {ContentTypes.Protobuf}");

        if (!LooksLikeJson(payload))
            return ReadProtobuf(parser, payload, ", nor JSON, which would begin with {");

        // "\n{" is also how a HostConfig begins in protobuf (field 1) when its first element has 123 bytes.
        if (payload.StartsWith("\n{"u8) && JsonText.FindError(payload) is not null && ReadProtobuf(parser, payload, "") is { Ok: true } protobuf)
            return protobuf;

        return ReadJson(parser, message, payload);
    }

    private static bool LooksLikeJson(ReadOnlySpan<byte> payload) =>
        JsonText.SkipByteOrderMark(payload).TrimStart(JsonText.Blanks).StartsWith("{"u8);

    private static PayloadResult<T> ReadJson<T>(MessageParser<T> parser, MessageDescriptor message, ReadOnlySpan<byte> payload)
        where T : class, IMessage<T>
    {
        ReadOnlySpan<byte> text = JsonText.SkipByteOrderMark(payload);
        if (JsonText.FindError(text) is { } error)
            return Failed<T>(error);

        using JsonDocument document = JsonText.Parse(text);
        IReadOnlyList<FieldError> errors = JsonChecker.Check(document.RootElement, message);
        if (errors.Count > 0)
            return new PayloadResult<T>(errors);

        try
        {
            return new PayloadResult<T>(parser.ParseJson(Encoding.UTF8.GetString(text)));
        }
        catch (IOException e) // InvalidProtocolBufferException and InvalidJsonException
        {
            return Failed<T>($"the payload is no {message.Name}: {ErrorList.ShortenMessage(e.Message)}");
        }
    }

    private static PayloadResult<T> ReadProtobuf<T>(MessageParser<T> parser, ReadOnlySpan<byte> payload, string hint)
        where T : class, IMessage<T>
    {
        T value;
        try
        {
            value = parser.WithDiscardUnknownFields(true).ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException e)
        {
            return Failed<T>($"the payload is not protobuf{hint}: {ErrorList.ShortenMessage(e.Message)}");
        }

        IReadOnlyList<FieldError> errors = StructChecker.Check(value);
        return errors.Count > 0 ? new PayloadResult<T>(errors) : new PayloadResult<T>(value);
    }

    private static PayloadResult<T> Failed<T>(string message)
        where T : class => new([new FieldError("", message)]);
}
