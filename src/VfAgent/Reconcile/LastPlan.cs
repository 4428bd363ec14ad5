using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Reconcile;

/// <summary>The plan, made again only when something that it is made of is another: most of what wakes the loop changes nothing.</summary>
internal sealed class LastPlan
{
    private (DesiredState Desired, HostSnapshot Host, Ledger Ledger) _of;
    private Plan? _plan;

    public Plan For(DesiredState desired, HostSnapshot host, Ledger ledger)
    {
        if (_plan is not null && _of == (desired, host, ledger))
            return _plan;

        _of = (desired, host, ledger);
        return _plan = Planner.Plan(desired, host, ledger);
    }
}
