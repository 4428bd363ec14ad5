using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>The agent takes no VF from a container or process that had it when the agent last began to look at the PF.</summary>
internal sealed class NothingInUseIsTaken(Run run) : Invariant(run)
{
    private readonly Dictionary<string, TimeSpan> _looks = new(StringComparer.Ordinal);

    // A change that FORCE has allowed may be under way when that is taken back, and each of its calls may be slow.
    private readonly TimeSpan _underWay = Delays.Of(run.Plan, TimeSpan.FromSeconds(10));
    private readonly TimeSpan _reading = Delays.Of(run.Plan, TimeSpan.FromSeconds(10)) +
        (run.Plan.Disasters.Contains(Disaster.FileReadError) ? TimeSpan.FromMinutes(6) : TimeSpan.Zero);
    private readonly Dictionary<string, TimeSpan> _forced = new(StringComparer.Ordinal);

    public override string Promise => Promises.NothingInUse;

    public override void Changed()
    {
        foreach (Nic nic in Run.Truth.Nics)
        {
            if (Run.Wishes.Resources.Any(wish => wish.Policy == "FORCE" && wish.Selects(nic)))
                _forced[nic.Address] = Run.Scheduler.Now;
        }
    }

    public override void Calling(SimulatedCall call)
    {
        if (call is { Kind: CallKind.Read } && call.Path.EndsWith("/sriov_totalvfs", StringComparison.Ordinal))
            _looks[Truth.Devices(call.Path).Last()] = Run.Scheduler.Now;
        else if (call is { Kind: CallKind.Write, Value: "0" } && call.Path.EndsWith("/sriov_numvfs", StringComparison.Ordinal))
            Check(call, Truth.Devices(call.Path).Last(), all: true);
        else if (call.Kind == CallKind.SetEswitch)
            Check(call, Truth.Devices(call.Path).Last(), all: true);
        else if (call.Kind == CallKind.Write && call.Path.EndsWith("/unbind", StringComparison.Ordinal))
            Check(call, call.Value!, all: false);
    }

    // Of a container that only a record tells of the agent knows when it has read the record, which is another look.
    private bool IsNew(Use use) => use.IsByRecordOnly
        ? use.Since == TimeSpan.MaxValue || use.Since + _reading >= Run.Scheduler.Now
        : use.Since >= _looks.GetValueOrDefault(use.Pf);

    private void Check(SimulatedCall call, string device, bool all)
    {
        Changed();
        foreach (Use use in Run.Uses.All.ToArray())
        {
            // One without a link to its PF is being taken by somebody else already.
            if ((all ? use.Pf : use.Device) != device || IsNew(use) || Run.Truth.PfOf(use.Device) is null)
                continue;

            // FORCE is for containers: what holds a device would hold the kernel too.
            bool isForced = use.Pid is null && _forced.GetValueOrDefault(use.Pf, TimeSpan.MinValue) >= Run.Scheduler.Now - _underWay;
            if (!isForced)
                Broken($"{call}, though {use.By} has had {use.Device} since {use.Since}, and the agent looked at {_looks.GetValueOrDefault(use.Pf)}");
        }
    }
}
