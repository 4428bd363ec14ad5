namespace VfAgent.Reconcile;

/// <summary>A while in which nothing happens: waited for, but not for ever.</summary>
/// <param name="length">How long nothing has to happen.</param>
/// <param name="longest">How long that is waited for at most, where something always happens.</param>
internal sealed class Lull(TimeSpan length, TimeSpan longest)
{
    private DateTimeOffset _since;

    /// <summary>From when on nobody waits any more.</summary>
    public DateTimeOffset EndsAt { get; private set; }

    /// <summary>Something has happened.</summary>
    public void Begin(DateTimeOffset now)
    {
        if (now >= EndsAt)
            _since = now;
        EndsAt = now + length < _since + longest ? now + length : _since + longest;
    }
}
