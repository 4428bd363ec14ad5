using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Reconcile.Undo;

/// <summary>
/// What a PF was before it was changed, in case the change fails half way: then the PF is brought back to that, once. What a failed change leaves is
/// seldom what anybody wants: the VFs of before are gone, and those of after have not come.
/// </summary>
internal sealed class Rollback
{
    // Something of the PF was. Before that the picture of it is taken anew each time.
    private bool _isChanged;

    /// <summary>What the PF was; null when it is as it was, or nothing is known of that any more.</summary>
    public PfTarget? Before { get; private set; }

    /// <summary>What the PF has to be again; null when it is not being rolled back.</summary>
    public PfTarget? Target { get; private set; }

    /// <summary>Steps of the way back were taken. A change that failed before it changed anything needs none.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>That the PF is as it is wished to be does not end it.</summary>
    public bool IsForced { get; private set; }

    /// <summary>Steps are about to be taken.</summary>
    /// <param name="now">The PF as they were planned for it.</param>
    public void Begin(PhysicalFunction now)
    {
        if (!_isChanged)
            Before = PfTarget.Of(now);
        HasBegun = Target is not null;
    }

    /// <summary>Steps were taken, well or not.</summary>
    public void Changed(IEnumerable<Step> tried) => _isChanged |= tried.Any(step => step.ChangesPf);

    /// <summary>Steps have failed. A VF's own driver is the VF's own trouble; the rest of the PF is as it should be.</summary>
    /// <returns>Whether it was the way back that failed, which is not tried again.</returns>
    public bool Fail(IEnumerable<Step> steps)
    {
        bool gaveUp = Target is not null;
        if (gaveUp)
            End();
        else if (steps.Any(step => step.ChangesPf))
            Target = Before;
        return gaveUp;
    }

    /// <summary>What was done has to be undone, though it is what was wished for.</summary>
    /// <param name="before">What the PF was when the host was reached over it: it is cut off as it is.</param>
    public void Undo(PfTarget before) => (Target, IsForced) = (before with { MayCutOff = true }, true);

    /// <summary>The PF is as it was before, or as it is wished to be: either is a state to begin from.</summary>
    public void End() => (Before, Target, HasBegun, IsForced, _isChanged) = (null, null, false, false, false);
}
