namespace VfAgent.Mqtt;

/// <summary>Why the session is over for good.</summary>
/// <param name="Failed">false after a clean stop; true when going on makes no sense.</param>
/// <param name="Reason">For the operator.</param>
/// <param name="TakenOver">Another agent has this one's id: starting again would only make the two fight.</param>
internal sealed record SessionEnd(bool Failed, string Reason, bool TakenOver = false)
{
    public static readonly SessionEnd Stopped = new(Failed: false, "stopped");
}

/// <summary>Why one connection is over, and so what comes next.</summary>
internal sealed record ConnectionEnd(ConnectionEndKind Kind, string Reason)
{
    public static readonly ConnectionEnd Stopped = new(ConnectionEndKind.Stopped, "stopped");
}

internal enum ConnectionEndKind
{
    /// <summary>We were asked to stop.</summary>
    Stopped,

    /// <summary>May pass by itself: try again soon.</summary>
    Lost,

    /// <summary>Needs a hand at the broker or in the settings: try again slowly.</summary>
    Refused,

    /// <summary>Trying again cannot help, or would do harm.</summary>
    Final,

    /// <summary>As <see cref="Final"/>, and a second process must not try either.</summary>
    TakenOver,
}
