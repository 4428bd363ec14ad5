using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Mqtt;

namespace VfAgent.Reconcile.Undo;

/// <summary>
/// A change of a NIC that the host is managed over stands only when the broker is heard of again after it (commit-confirm). Otherwise nobody could reach
/// the host any more to undo it.
/// </summary>
internal sealed class Confirmation(BrokerContact broker)
{
    // The driver may reset the NIC, and what is heard before that takes hold was on its way already.
    private static readonly TimeSpan _settle = TimeSpan.FromSeconds(5);

    // A switch may not forward for half a minute when a port comes up (spanning tree), and then the connection has to be made anew.
    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(2);

    // A broker that is away now is most often back in a moment, and then there is somebody to confirm.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private bool _isAtStake;
    private DateTimeOffset? _absentSince;
    private ImmutableHashSet<Step> _made = [];
    private bool _isRenewed;
    private DateTimeOffset _changedAt;
    private DateTimeOffset _lookAt;
    private DateTimeOffset _giveUpAt;
    private long? _heardBefore;

    /// <summary>The PF was changed, and it is not known yet what has come of it.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>That, or it is being changed.</summary>
    public bool IsPending => IsAwaited || _isAtStake;

    /// <summary>The broker was heard of since, though what was done may still be taking hold.</summary>
    public bool IsAnswered => _heardBefore is { } before && broker.Heard != before;

    /// <summary>When there is something to see; null when there is not.</summary>
    public DateTimeOffset? NextAt => IsAwaited ? _lookAt : _absentSince + _patience;

    /// <summary>
    /// Whether steps may be taken now: one change at a time, since each has a way back of its own, though that one again when others have undone it; and
    /// while the broker is away only when it has been for long, as after a reboot of a host that has none.
    /// </summary>
    public bool Allows(PhysicalFunction? planned, ImmutableArray<Step> steps, DateTimeOffset now)
    {
        if (planned?.Carries is null || broker.IsThere || !steps.Any(step => step.ChangesPf))
            _absentSince = null;
        else
            _absentSince ??= now;
        bool isAnother = IsAwaited && !_isRenewed && steps.Any(step => step.ChangesPf && !_made.Contains(step));
        return !isAnother && !(now < _absentSince + _patience);
    }

    /// <summary>Steps are about to be taken.</summary>
    /// <param name="planned">The PF as they were planned for it.</param>
    /// <param name="steps">What they are.</param>
    /// <returns>Whether it will have to be confirmed that they have not cut the host off.</returns>
    public bool Begin(PhysicalFunction planned, ImmutableArray<Step> steps)
    {
        // From a broker that was out of reach before, nothing would be learned.
        _isAtStake = planned.Carries is not null && broker.IsThere && steps.Any(step => step.ChangesPf);
        return _isAtStake || IsAwaited;
    }

    /// <summary>Some of them were taken, well or not.</summary>
    public void Changed(IEnumerable<Step> tried, DateTimeOffset now)
    {
        // What is done to a VF meanwhile is no reason to wait longer.
        Step[] made = [.. tried.Where(step => step.ChangesPf)];
        if ((IsAwaited || _isAtStake) && made.Length > 0)
        {
            Await(now, heardBefore: null);
            (_made, _isRenewed) = (_made.Union(made), false);
        }

        _isAtStake = false;
    }

    /// <summary>An earlier run of the agent has waited in vain until it ended: whatever this one hears has come after the change.</summary>
    public void Resume(DateTimeOffset now) => Await(now, heardBefore: 0);

    /// <summary>There is another wish: it may be what brings the broker back, and is not kept waiting.</summary>
    public void Renew() => (_made, _isRenewed) = ([], true);

    /// <summary>Looks whether the broker was heard of.</summary>
    /// <param name="steps">What there is to do to the PF for it to be as it is wished to be.</param>
    /// <param name="now">When.</param>
    /// <param name="ask">Called when it is time to have the broker say something.</param>
    /// <returns>false when it was not, and that has to be taken for its answer.</returns>
    public bool Consider(ImmutableArray<Step> steps, DateTimeOffset now, Action ask)
    {
        if (!IsAwaited || now < _changedAt + _settle)
            return true;

        if (_heardBefore is null)
        {
            // The kernel may have kept the PF for so long that nobody has asked before.
            (_heardBefore, _lookAt, _giveUpAt) = (broker.Heard, now + _settle, now + _deadline - _settle);
            ask();
            return true;
        }

        if (!IsAnswered && now < _giveUpAt)
        {
            _lookAt = now + _settle < _giveUpAt ? now + _settle : _giveUpAt;
            return true;
        }

        // Where others have undone the change meanwhile, so that all of it is to be made again, it is not what the host is cut off by.
        bool isUndone = !_made.IsEmpty && _made.All(step => steps.Contains(step) || step is SetNumVfs { NumVfs: 0 });
        bool stands = IsAnswered || isUndone;
        End();
        return stands;
    }

    /// <summary>Nothing is to be confirmed any more.</summary>
    public void End() => (_isAtStake, IsAwaited, _heardBefore, _made, _isRenewed) = (false, false, null, [], false);

    private void Await(DateTimeOffset now, long? heardBefore) =>
        (IsAwaited, _changedAt, _lookAt, _giveUpAt, _heardBefore) = (true, now, now + _settle, now + _deadline, heardBefore);
}
