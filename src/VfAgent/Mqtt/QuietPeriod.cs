namespace VfAgent.Mqtt;

/// <summary>
/// Says when no retained message has come for a while. MQTT has no end-of-retained marker, so this is a guess: it may only ever affect a
/// status flag, and the clearing of our own stale status.
/// </summary>
internal sealed class QuietPeriod : IDisposable
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(2);

    // Somebody who publishes all the time must not put it off for ever.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(15);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _begun;
    private long _since;

    // onElapsed is called when it may be over; IsOver decides, once the messages that came before have been handled.
    public QuietPeriod(TimeProvider time, Action onElapsed)
    {
        _time = time;
        _begun = _since = time.GetTimestamp();
        _timer = time.CreateTimer(_ => onElapsed(), null, Length, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// A replayed message has been handled. Counted from here and not from its arrival: the broker sends no more than we acknowledge, so
    /// a slow handler would look like silence.
    /// </summary>
    public void Note() => _since = _time.GetTimestamp();

    public bool IsOver()
    {
        TimeSpan left = Length - _time.GetElapsedTime(_since);
        TimeSpan most = _longest - _time.GetElapsedTime(_begun);
        left = left < most ? left : most;
        if (left <= TimeSpan.Zero)
            return true;

        _timer.Change(left, Timeout.InfiniteTimeSpan);
        return false;
    }

    public void Dispose() => _timer.Dispose();
}
