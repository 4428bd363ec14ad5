namespace VfAgent.Simulation.Tests.Broker;

/// <summary>Something that happened at the broker, at the moment when it happened.</summary>
/// <param name="Kind">What.</param>
/// <param name="ClientId">Whose session; the publisher's for <see cref="BrokerEventKind.Accepted"/>.</param>
/// <param name="Message">The message that it is about, if any.</param>
/// <param name="Detail">For the reader of a trace: a reason, a filter.</param>
internal sealed record BrokerEvent(BrokerEventKind Kind, string ClientId, BrokerMessage? Message = null, string Detail = "");

internal enum BrokerEventKind
{
    /// <summary>CONNECT was accepted.</summary>
    Connected,

    /// <summary>A connection is over, for the broker.</summary>
    Disconnected,

    /// <summary>A filter was granted.</summary>
    Subscribed,

    /// <summary>A client's message was taken: it is stored if retained, and on its way to whoever subscribes to it.</summary>
    Accepted,

    /// <summary>The same for the last will of a client that is gone.</summary>
    WillAccepted,

    /// <summary>A message has reached the client; one that is sent and gets lost has not.</summary>
    Delivered,

    /// <summary>The client has confirmed a message (PUBACK): it will not come again.</summary>
    Acknowledged,

    /// <summary>The same for what an earlier connection's subscription had brought only because it was retained: that is brought anew.</summary>
    OldReplayAcknowledged,

    /// <summary>A message did not fit the session's queue, or is larger than the client takes; neither side is told.</summary>
    Dropped,

    /// <summary>The client has done what MQTT forbids.</summary>
    Violation,
}
