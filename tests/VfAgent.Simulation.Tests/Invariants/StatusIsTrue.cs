using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Broker;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// A resource that the broker shows as IN_SYNC, from an agent that is there, is as it should be. A change by others is seen once the kernel has
/// told of it and the agent has looked. What goes wrong meanwhile excuses it for as long as that kind may take, and nothing for longer than it takes
/// until the next full look.
/// </summary>
internal sealed class StatusIsTrue(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/resources/";

    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(10);

    // A full look comes every five minutes, and a call that hangs may stand in its way for six.
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(12);

    private readonly SortedDictionary<string, (TimeSpan Since, TimeSpan Unexcused, string Lie)> _wrong = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Claim> _claims = new(StringComparer.Ordinal);
    private TimeSpan _before;
    private TimeSpan _excusedUntil;
    private bool _isAway;

    public override string Promise => Promises.StatusIsTrue;

    public override void Disturbed(Disaster kind) => Excuse(kind switch
    {
        Disaster.HungCall => TimeSpan.FromMinutes(7),

        // Who has the agent's name at the broker may not be the agent.
        Disaster.BrokerTakeover => TimeSpan.FromMinutes(2),
        Disaster.ReadError or Disaster.FileReadError => TimeSpan.FromMinutes(1),

        // What an earlier life has said of something that is deleted since is cleared once all config is on disk.
        Disaster.DiskFull or Disaster.DiskReadOnly => TimeSpan.FromMinutes(1),
        Disaster.SlowCall or Disaster.LostEvents => TimeSpan.FromSeconds(20),
        _ => TimeSpan.Zero,
    });

    public override void Changed()
    {
        // Until now all was as it was when this was last looked at.
        bool isAway = !Run.Supervisor.IsUp || !Run.Broker.IsUp || !Run.Broker.IsConnected(Run.AgentClient) || Run.Broker.Faults.IsOutOfReach ||
            Run.Broker.Faults.Latency.Most > 1000;
        if (isAway || _isAway)
            Excuse(TimeSpan.FromSeconds(50));
        _isAway = isAway;

        TimeSpan now = Run.Scheduler.Now;
        TimeSpan begin = _before > _excusedUntil ? _before : _excusedUntil;
        TimeSpan unexcused = now > begin ? now - begin : TimeSpan.Zero;
        _before = now;
        foreach ((string topic, (TimeSpan since, TimeSpan wrong, string lie)) in _wrong.ToArray())
        {
            if (!Run.Broker.Retained.ContainsKey(topic))
            {
                _wrong.Remove(topic);
                continue;
            }

            _wrong[topic] = (since, wrong + unexcused, lie);
            if (wrong + unexcused > _grace || now - since > _longest)
                Broken($"{topic} says IN_SYNC, but for {(now - since).TotalSeconds:0} s {lie}");
        }

        foreach ((string topic, BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal))
                continue;

            if (!_claims.TryGetValue(topic, out Claim? claim) || !ReferenceEquals(claim.Message, message))
                _claims[topic] = claim = new Claim(message, Resource.Parser.ParseFrom(message.Payload.Span));
            if (!Run.Supervisor.IsUp || claim.Status.Phase != Phase.Types.Value.InSync || Lie(claim) is not { } lie)
                _wrong.Remove(topic);
            else
                _wrong.TryAdd(topic, (now, TimeSpan.Zero, lie));
        }
    }

    private void Excuse(TimeSpan time)
    {
        if (time > TimeSpan.Zero && Run.Scheduler.Now + time > _excusedUntil)
            _excusedUntil = Run.Scheduler.Now + time;
    }

    // What was found holds until something changes.
    private string? Lie(Claim claim)
    {
        if (claim.LookedAt != (Run.World.Changes, Run.Wishes.Version))
            (claim.LookedAt, claim.Lie) = ((Run.World.Changes, Run.Wishes.Version), Lie(claim.Status));

        return claim.Lie;
    }

    private string? Lie(Resource status)
    {
        if (Run.Wishes.Ever(status.Spec.Name).FirstOrDefault(wish => (ulong)wish.Generation == status.ObservedGeneration) is not { } wish)
            return $"there never was a {status.Spec.Name} of generation {status.ObservedGeneration}";

        // While a removal by others waits for a process that holds a VF, links are gone, and no event tells of that; nor does one of settings while
        // the PF is down.
        HashSet<string> held = [.. Run.Uses.All.Where(use => use.Pid is not null).Select(use => use.Pf)];
        foreach (Nic nic in Run.Truth.Nics.Where(nic => status.Spec.Devices.Contains(nic.Address) && !held.Contains(nic.Address)))
        {
            if (Run.Truth.Differs(nic, wish, withSettings: Run.Truth.IsUp(nic)) is { } difference)
                return difference;
        }

        return null;
    }

    private sealed class Claim(BrokerMessage message, Resource status)
    {
        public BrokerMessage Message => message;

        public Resource Status => status;

        public (long World, int Wishes) LookedAt { get; set; } = (-1, -1);

        public string? Lie { get; set; }
    }
}
