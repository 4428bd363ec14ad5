namespace VfAgent.Mqtt;

/// <summary>
/// Finds the status that an earlier run left at the broker: the topics that the broker replays under our own status are noted, and those
/// that nothing stands behind are cleared. Only RETAIN=1 counts: without Retain As Published that is what the broker replays, while our own
/// publishes of the moment come back with RETAIN=0.
/// </summary>
internal sealed class StaleStatusSweep
{
    private readonly HashSet<string> _found = new(StringComparer.Ordinal);

    public void Note(string topic) => _found.Add(topic);

    /// <summary>Clears each topic found that the outbox does not hold.</summary>
    /// <returns>How many.</returns>
    public int Clear(RetainedOutbox outbox)
    {
        string[] stale = [.. _found.Where(topic => !outbox.Holds(topic)).Order(StringComparer.Ordinal)];
        foreach (string topic in stale)
            outbox.Clear(topic);

        return stale.Length;
    }
}
