namespace VfAgent.Mqtt;

/// <summary>
/// How long to wait before the next connect: exponential with full jitter, so that a fleet does not come back in step after a broker's
/// restart.
/// </summary>
internal sealed class ReconnectDelay(Random random)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private int _failures;

    /// <summary>For what may pass by itself, such as a network error: anything between nothing and 1 s, 2 s, 4 s, … 60 s.</summary>
    public TimeSpan Next()
    {
        // 2^6 s is past the longest delay; more would only overflow.
        TimeSpan ceiling = First * Math.Pow(2, Math.Min(_failures, 6));
        _failures++;
        return (ceiling < Longest ? ceiling : Longest) * random.NextDouble();
    }

    /// <summary>For what needs a hand, such as "not authorised": between half the longest delay and all of it.</summary>
    public TimeSpan Slow() => Longest * (0.5 + random.NextDouble() / 2);

    public void Reset() => _failures = 0;
}
