using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// A PF that has carried the default route since before the agent last looked at it keeps its MTU, and its VFs where their number costs it the link,
/// unless the config allows that. The way back from a change that failed is no other.
/// </summary>
internal sealed class ManagementIsKept(Run run) : Invariant(run)
{
    private readonly TimeSpan _underWay = Delays.Of(run.Plan, TimeSpan.FromSeconds(10));
    private readonly Dictionary<string, (TimeSpan Last, TimeSpan Before)> _looks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _allowed = new(StringComparer.Ordinal);
    private TimeSpan _since;

    public override string Promise => Promises.ManagementIsKept;

    public override void Routed() => _since = Run.Scheduler.Now;

    public override void Changed()
    {
        foreach (Nic nic in Run.Truth.Nics)
        {
            if (Run.Wishes.Resources.Any(wish => wish.AllowsManagementNic && wish.Selects(nic)))
                _allowed[nic.Address] = Run.Scheduler.Now;
        }
    }

    public override void Calling(SimulatedCall call)
    {
        if (call is { Kind: CallKind.Read } && call.Path.EndsWith("/sriov_totalvfs", StringComparison.Ordinal))
        {
            string pf = Truth.Devices(call.Path).Last();
            _looks[pf] = (Run.Scheduler.Now, _looks.GetValueOrDefault(pf).Last);
        }
        else if (Run.DefaultLink is { } link && Run.Truth.PfOfLink(link) is { } carrier && carrier.Name == link && Cuts(call, carrier) &&
            _looks.GetValueOrDefault(carrier.Address).Before > _since && !IsAllowed(carrier))
        {
            Broken($"{call}, though the default route leads over {link} since {_since}");
        }
    }

    private bool IsAllowed(Nic nic)
    {
        Changed();
        return (_allowed.TryGetValue(nic.Address, out TimeSpan at) && at >= Run.Scheduler.Now - _underWay) || IsRecordedAsAllowed(nic);
    }

    // What is given back may have been taken by a version of its resource that allowed it.
    private bool IsRecordedAsAllowed(Nic nic) =>
        Run.World.Disk.Look($"{AgentSettings.StateDirectory}/ledger/pfs/{nic.Address}")?.Text.Contains("\"mayCutOff\":true", StringComparison.Ordinal) ?? false;

    private static bool Cuts(SimulatedCall call, Nic nic) =>
        (call.Kind == CallKind.SetLinkMtu && call.Path == nic.Name) ||
        (call.Kind == CallKind.Write && nic.Model.ResetsPf && call.Path == $"{nic.Folder}/sriov_numvfs");
}
