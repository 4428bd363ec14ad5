using System.Collections.Immutable;
using System.Globalization;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Reconcile;

/// <summary>
/// Notices that somebody else keeps changing back what the agent puts right. Two writers who fight help nobody: after the third time in a minute
/// the agent lets the other one have it for a while, and says so.
/// </summary>
internal sealed class Contention
{
    private const int Enough = 3;
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _shortestTruce = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _longestTruce = TimeSpan.FromMinutes(30);

    private readonly Queue<(DateTimeOffset At, ImmutableArray<Step> Steps)> _healed = new();
    private TimeSpan _truce = _shortestTruce;
    private Finding? _fought;

    /// <summary>Until when the other one has it.</summary>
    public DateTimeOffset Until { get; private set; }

    /// <summary>What was right is not any more, and these steps would put it right.</summary>
    /// <returns>What to say when it is too often, and for as long as it is let be; null when it is not.</returns>
    public Finding? Note(ImmutableArray<Step> steps, DateTimeOffset now)
    {
        if (now < Until)
            return _fought;

        while (_healed.TryPeek(out var oldest) && now - oldest.At > _window)
            _healed.Dequeue();
        if (_healed.Count == 0 && now - Until > _longestTruce)
            _truce = _shortestTruce;

        _healed.Enqueue((now, steps));
        Step? again = steps.FirstOrDefault(step => _healed.Count(earlier => earlier.Steps.Contains(step)) >= Enough);
        if (again is null)
            return null;

        Until = now + _truce;
        _fought = new Finding(
            Reasons.Contended,
            string.Create(
                CultureInfo.InvariantCulture,
                $"somebody else changes it back: \"{again}\" was needed {Enough} times within a minute; left alone until {Until:HH:mm:ss} UTC"));
        _truce = _truce * 2 < _longestTruce ? _truce * 2 : _longestTruce;
        _healed.Clear();
        return _fought;
    }

    /// <summary>A new wish: what was fought over before says nothing about it.</summary>
    public void Clear()
    {
        (Until, _truce, _fought) = (default, _shortestTruce, null);
        _healed.Clear();
    }
}
