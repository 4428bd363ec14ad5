using System.Text;
using Google.Protobuf;

namespace VfAgent.Protocol;

/// <summary>
/// Writes payloads as JSON. In protobuf a payload is the message's own <c>ToByteArray()</c>, with one trap for who sends configs.
/// </summary>
/// <remarks>
/// <b>The trap:</b> proto3 leaves out fields that have their default, so a message with nothing set is 0 bytes, and an MQTT broker takes a
/// retained message of 0 bytes as "delete". A <c>HostConfig</c> without objects therefore has to be sent with its <c>generation</c> set or as JSON.
/// </remarks>
public static class PayloadWriter
{
    private static readonly JsonFormatter _formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    /// <summary>
    /// Protobuf's JSON on one line, which is what <c>mosquitto_sub</c> shows best. Every field is there, defaults too; only messages and
    /// <c>optional</c> fields that are not set are left out. Enums are words (<c>"phase": "IN_SYNC"</c>), 64-bit numbers strings.
    /// </summary>
    /// <exception cref="InvalidOperationException">A Struct in it holds what JSON cannot say; see <see cref="PayloadReader"/>.</exception>
    /// <returns>UTF-8.</returns>
    public static byte[] ToJson(IMessage message) => Encoding.UTF8.GetBytes(_formatter.Format(message));
}
