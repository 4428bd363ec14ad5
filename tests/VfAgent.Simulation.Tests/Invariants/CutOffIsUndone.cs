using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// An MTU that the agent has set on the link that the host is managed over, and that cuts the host off from a broker that was there, is taken back in
/// time: nobody else could do it.
/// </summary>
internal sealed class CutOffIsUndone(Run run) : Invariant(run)
{
    // Two minutes and a few seconds are the agent's to wait for the broker.
    private static readonly TimeSpan _most = TimeSpan.FromMinutes(3);

    // The way back may fail, and is tried once.
    private static readonly Disaster[] _failing =
        [Disaster.KernelError, Disaster.ReadError, Disaster.NoEffect, Disaster.FewerVfs, Disaster.HungCall, Disaster.SlowCall];

    private readonly bool _isClear = run.Plan.Disasters.Contains(Disaster.JumboCutsOff) && !run.Plan.Disasters.Any(_failing.Contains);
    private string? _link;
    private TimeSpan _since;
    private bool _wasThere;

    public override string Promise => Promises.CutOffIsUndone;

    // A new life begins to wait anew.
    public override void AgentStarted() => _since = Run.Scheduler.Now;

    public override void Calling(SimulatedCall call) => _wasThere = Run.Broker.IsConnected(Run.AgentClient) && !Run.Broker.Faults.IsOutOfReach;

    public override void Called(LoggedCall call)
    {
        if (call is { Call: { Kind: CallKind.SetLinkMtu, Path: var link }, Error: null } && link == Run.DefaultLink && _wasThere)
            (_link, _since) = (link, Run.Scheduler.Now);
    }

    public override void Changed()
    {
        if (Run.DefaultLink != _link || !Run.Broker.Faults.IsOutOfReach)
            _link = null;
        else if (_isClear && Run.Supervisor.IsUp && Run.Scheduler.Now - _since > _most)
            Broken($"the MTU of {_link}, set by the agent, has cut the host off for {(Run.Scheduler.Now - _since).TotalMinutes:0} minutes");
    }
}
