using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>The agent takes no VF from a container or process that had it when the agent last began to look at the PF.</summary>
internal sealed class NothingInUseIsTaken(Run run) : Invariant(run)
{
    private readonly Dictionary<string, TimeSpan> _looks = new(StringComparer.Ordinal);

    public override string Promise => "No VF in use is destroyed";

    public override void Calling(SimulatedCall call)
    {
        if (call is { Kind: CallKind.Read } && call.Path.EndsWith("/sriov_totalvfs", StringComparison.Ordinal))
            _looks[Truth.Devices(call.Path).Last()] = Run.Scheduler.Now;
        else if (call is { Kind: CallKind.Write, Value: "0" } && call.Path.EndsWith("/sriov_numvfs", StringComparison.Ordinal))
            Check(call, Truth.Devices(call.Path).Last(), all: true);
        else if (call.Kind == CallKind.Write && call.Path.EndsWith("/unbind", StringComparison.Ordinal))
            Check(call, call.Value!, all: false);
    }

    private void Check(SimulatedCall call, string device, bool all)
    {
        foreach (Use use in Run.Uses.All.ToArray())
        {
            // One without a link to its PF is being taken by somebody else already.
            if ((all ? use.Pf : use.Device) != device || use.Since >= _looks.GetValueOrDefault(use.Pf) || Run.Truth.PfOf(use.Device) is null)
                continue;

            // FORCE is for containers: what holds a device would hold the kernel too.
            bool isForced = use.Pid is null && Run.Wishes.AllResources.Any(wish => wish.Policy == "FORCE" && Run.Truth.Nics.Any(nic => nic.Address == use.Pf && wish.Selects(nic)));
            if (!isForced)
                Broken($"{call}, though {use.By} has had {use.Device} since {use.Since}, and the agent looked at {_looks.GetValueOrDefault(use.Pf)}");
        }
    }
}
