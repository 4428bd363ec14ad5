using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// What others change back again and again the agent lets be for a while: under one config it sets no MTU more often than a few times a minute.
/// </summary>
internal sealed class ContendedIsLeft(Run run) : Invariant(run)
{
    // Three times within a minute are enough for the agent to notice, and the minute may begin anew.
    private const int Most = 7;

    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Queue<TimeSpan>> _set = new(StringComparer.Ordinal);

    public override string Promise => Promises.ContendedIsLeft;

    // A new config is a new chance, and so is a new life.
    public override void Published() => _set.Clear();

    public override void AgentStarted() => _set.Clear();

    // A NIC that was pulled out and put back, or has another driver, is another one, and nobody has fought over it yet.
    public override void Changed()
    {
        if (_set.Count > 0 && Run.Truth.Nics.Any(nic => Run.Truth.Driver(nic.Address) != nic.Model.PfDriver))
            _set.Clear();
    }

    public override void Called(LoggedCall call)
    {
        if (call is not { Call: { Kind: CallKind.SetLinkMtu, Path: var link, Value: var mtu }, Error: null })
            return;

        // What had no effect has changed nothing back.
        if (Run.Truth.PfOfLink(link) is { } nic && $"{Run.Truth.Mtu(nic)}" != mtu)
            return;

        if (!_set.TryGetValue($"{link} {mtu}", out Queue<TimeSpan>? times))
            _set.Add($"{link} {mtu}", times = new Queue<TimeSpan>());
        times.Enqueue(Run.Scheduler.Now);
        while (times.Peek() < Run.Scheduler.Now - _window)
            times.Dequeue();
        if (times.Count > Most)
            Broken($"the MTU of {link} is set to {mtu} {times.Count} times within a minute");
    }
}
