namespace VfAgent.Reconcile;

/// <summary>
/// When to look again at something that tells nobody when it changes: soon at first, then more and more seldom for as long as every look shows
/// the same.
/// </summary>
internal sealed class Recheck(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _longer;

    private TimeSpan Delay => _longer ?? first;

    /// <summary>null while nothing is waited for.</summary>
    public DateTimeOffset? NextAt { get; private set; }

    public bool IsDue(DateTimeOffset now) => NextAt <= now;

    /// <summary>A look is wanted.</summary>
    /// <param name="now">When.</param>
    /// <param name="atMost">How long it may take until then, however long every look has shown the same; null leaves it at that.</param>
    public void Want(DateTimeOffset now, TimeSpan? atMost = null) => NextAt ??= now + (atMost < Delay ? atMost.Value : Delay);

    /// <summary>A look begins; when another one is wanted, it comes later.</summary>
    public void Begin(DateTimeOffset now)
    {
        if (IsDue(now))
            _longer = Delay * 2 < longest ? Delay * 2 : longest;
        NextAt = null;
    }

    /// <summary>Something has changed, or nothing is waited for any more.</summary>
    public void Reset() => (NextAt, _longer) = (null, null);
}
