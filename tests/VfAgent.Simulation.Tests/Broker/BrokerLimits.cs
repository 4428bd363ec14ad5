namespace VfAgent.Simulation.Tests.Broker;

/// <summary>What the broker is configured for; as made, mosquitto's defaults.</summary>
internal sealed record BrokerLimits
{
    /// <summary>How many messages wait for a client, besides those in flight; the rest is dropped, and nobody is told.</summary>
    public int QueuedMessages { get; init; } = 1000;

    /// <summary>How many unconfirmed messages a client may have sent, and may have been sent if it takes as many (Receive Maximum).</summary>
    public ushort InFlightMessages { get; init; } = 20;

    /// <summary>In bytes.</summary>
    public uint MaximumPacketSize { get; init; } = 2_000_000;

    /// <summary>The keep-alive that clients have to take, in seconds; their own when 0.</summary>
    public ushort ServerKeepAlive { get; init; }

    /// <summary>A message that matches several subscriptions of a client comes once for each (mosquitto), or once (MQTT 5 §3.3.4 allows both).</summary>
    public bool CopyPerSubscription { get; init; } = true;

    /// <summary>Whether it says because of which subscription a message comes.</summary>
    public bool SubscriptionIdentifiers { get; init; } = true;
}
