namespace VfAgent.Mqtt;

/// <summary>How far the session has come over its connections.</summary>
/// <param name="cleanStart">The broker's session, if it has one, is not ours to go on with.</param>
/// <param name="onNewSession">Called before the first message of a session that the broker has just made.</param>
internal sealed class SessionProgress(bool cleanStart, Func<CancellationToken, ValueTask> onNewSession)
{
    /// <summary>Clean Start for the next CONNECT.</summary>
    public bool CleanStart { get; private set; } = cleanStart;

    /// <summary>The stale status of earlier runs has been cleared.</summary>
    public bool Swept { get; set; }

    public async ValueTask ConnectedAsync(bool sessionPresent, CancellationToken stop)
    {
        if (!sessionPresent)
            await onNewSession(stop);
        CleanStart = false;
    }
}
