using MQTTnet;

namespace VfAgent.Mqtt;

/// <summary>
/// The subscription identifiers of one connection (MQTT 5 §3.8.2.1.2): an even one for what is subscribed to with Retain As Published 0, so that
/// RETAIN=1 means replayed, and the odd one after it for what is subscribed to when the replay has settled, so that RETAIN is the publisher's.
/// Zeros where the broker has none; then it is the time that tells.
/// </summary>
internal readonly record struct SubscriptionMark(uint Replay)
{
    // The largest identifier is 268,435,455.
    private const int Half = 1 << 27;

    public uint Live => Replay == 0 ? 0 : Replay + 1;

    /// <summary>Another one than those of messages that a broker has kept for us.</summary>
    public static SubscriptionMark New(Random random) => new(2 * (uint)random.Next(1, Half));

    public SubscriptionMark If(bool available) => available ? this : default;

    /// <param name="message">What has come.</param>
    /// <param name="hasSettled">Whether the replay is over.</param>
    /// <returns>
    /// Why it comes, and whether the broker may retain it: a change that comes amid a replay does not tell how it was published; most are retained,
    /// and the next replay shows.
    /// </returns>
    public static (MessageOrigin Origin, bool MayBeRetained) Read(MqttApplicationMessage message, bool hasSettled)
    {
        uint identifier = message.SubscriptionIdentifiers is [var first, ..] ? first : 0;
        bool isAmidReplay = identifier == 0 ? !hasSettled : identifier % 2 == 0;
        return (new MessageOrigin(identifier & ~1u, isAmidReplay && message.Retain), message.Retain || isAmidReplay);
    }
}

/// <summary>Why a message comes.</summary>
/// <param name="Connection">The even identifier of the connection that subscribed to it; 0 where the broker has none, and for own status.</param>
/// <param name="IsReplay">Whether it was retained when that connection subscribed; otherwise it was published since.</param>
internal readonly record struct MessageOrigin(uint Connection, bool IsReplay);
