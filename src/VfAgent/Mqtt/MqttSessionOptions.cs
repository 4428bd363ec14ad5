namespace VfAgent.Mqtt;

/// <summary>What the agent wants of its session.</summary>
internal sealed record MqttSessionOptions
{
    public required ConnectionSettings Connection { get; init; }

    /// <summary>Last will, published retained by the broker when the connection is lost: the protobuf OFFLINE status.</summary>
    public required OutboundMessage Will { get; init; }

    /// <summary>Published retained before a clean stop: OFFLINE in every form that the agent publishes.</summary>
    public required IReadOnlyList<OutboundMessage> Farewell { get; init; }

    /// <summary>Topics of the ONLINE status, published first on every connect; the first is the will's.</summary>
    public required IReadOnlyList<string> BirthTopics { get; init; }

    /// <summary>Topic filters to subscribe to at QoS 1.</summary>
    public required IReadOnlyList<string> Filters { get; init; }

    /// <summary>Where all retained status of this agent is, each up to and with its last slash; what is there and not ours any more is cleared.</summary>
    public required IReadOnlyList<string> StatusPrefixes { get; init; }
}
