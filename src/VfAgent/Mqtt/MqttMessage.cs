namespace VfAgent.Mqtt;

/// <summary>A message as the broker delivered it.</summary>
/// <param name="Topic">The full topic.</param>
/// <param name="Payload">The bytes; empty means "delete" on a config topic.</param>
/// <param name="ContentType">MQTT 5 content type, such as <c>application/json</c>; null when the publisher gave none.</param>
/// <param name="Retain">false means that the broker will not bring this message back; true that it will, as far as one can tell.</param>
/// <param name="Origin">Tells which of two messages on one topic is newer, whatever their order.</param>
internal sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, string? ContentType, bool Retain, MessageOrigin Origin);

/// <summary>A message to publish. The memory must not change afterwards: it is kept for comparison and for the next connect.</summary>
internal sealed record OutboundMessage(string Topic, ReadOnlyMemory<byte> Payload, string ContentType)
{
    public const string Protobuf = "application/x-protobuf";
    public const string Json = "application/json";

    public bool SameAs(OutboundMessage? other) =>
        other is not null && Payload.Span.SequenceEqual(other.Payload.Span) && ContentType == other.ContentType;
}
