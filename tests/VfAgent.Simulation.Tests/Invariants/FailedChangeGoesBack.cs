using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// A change that fails half way leads back to what the PF had just before the first write of it, before it is tried again; and when the status says
/// that the PF is as before, it is. Held to where the agent cannot know better: no new wish, and nobody else at the NIC, since the change began.
/// </summary>
internal sealed class FailedChangeGoesBack(Run run) : Invariant(run)
{
    private const string Prefix = AgentSettings.HostTopic + "status/resources/";

    // Where messages are late or lost, nobody here knows which wish the agent acts upon; and a call that comes back late was given up before.
    private static readonly Disaster[] _unclear =
    [
        Disaster.BrokerAway, Disaster.BrokerForgets, Disaster.BrokerSlow, Disaster.BrokerDrops, Disaster.BrokerDuplicates, Disaster.BrokerReorders,
        Disaster.BrokerCuts, Disaster.BrokerTakeover, Disaster.HungCall,
    ];

    private const string Config = AgentSettings.StateDirectory + "/config/";
    private const string Ledger = AgentSettings.StateDirectory + "/ledger/pfs/";

    private const string Unconfirmed = AgentSettings.StateDirectory + "/ledger/unconfirmed/";

    // The agent may plan for what it saw before.
    private static readonly TimeSpan _underWay = TimeSpan.FromSeconds(1);

    private readonly bool _isClear = !run.Plan.Disasters.Any(_unclear.Contains);
    private readonly Dictionary<string, Change> _changes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Broker.BrokerMessage> _checked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unconfirmed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _wentBack = new(StringComparer.Ordinal);
    private readonly HashSet<string> _gaveUp = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan> _meddledUntil = new(StringComparer.Ordinal);
    private TimeSpan _wishedAt = -_underWay;

    public override string Promise => Promises.GoesBack;

    // A wish that comes in the middle of a change makes it another one, and what was held back may come at any time.
    public override void Published() => Doubt();

    public override void Meddled(Nic nic)
    {
        _meddledUntil[nic.Address] = Run.Scheduler.Now + _underWay;
        if (_changes.TryGetValue(nic.Address, out Change? change))
            change.IsDoubtful = true;
    }

    public override void AgentStarted()
    {
        _changes.Clear();
        _wentBack.Clear();
        _gaveUp.Clear();
        _unconfirmed.UnionWith(Run.Truth.Nics.Select(nic => nic.Address).Where(IsOnRecord));
    }

    public override void Calling(SimulatedCall call)
    {
        if (!_isClear || Written(call) is not { } nic)
            return;

        // Of a NIC that the host hangs on a change stands only once the broker was heard of; before that the way back leads behind it.
        bool isUnconfirmed = _unconfirmed.Contains(nic.Address);
        bool isMeddled = _meddledUntil.GetValueOrDefault(nic.Address) > Run.Scheduler.Now;
        if (!_changes.TryGetValue(nic.Address, out Change? change))
            _changes.Add(nic.Address, change = new Change(Values(nic)) { IsDoubtful = isUnconfirmed || isMeddled });

        // It may have begun for a wish that another had taken the place of by then, and what that had come to is where the other's change begins.
        change.MayBeOver |= Run.Scheduler.Now < _wishedAt + _underWay && Run.Truth.NumVfs(nic) > 0;
        change.GoesOn(Values(nic));
        if (IsOnRecord(nic.Address))
            _unconfirmed.Add(nic.Address);
        if (!change.IsDoubtful && change.Failed is { } failed && IsNumVfs(call) && call.Value == failed)
            Broken($"{call} again, and nothing else since it has failed, though {nic.Address} had VFs before");
    }

    public override void Called(LoggedCall call)
    {
        if (call.Call.Kind == CallKind.DeleteFile && call.Call.Path.StartsWith(Unconfirmed, StringComparison.Ordinal))
            _unconfirmed.Remove(Path.GetFileName(call.Call.Path));

        if (call.Call.Kind is CallKind.RenameFile or CallKind.DeleteFile && call.Call.Path.StartsWith(Config, StringComparison.Ordinal))
        {
            Doubt();
            _wishedAt = Run.Scheduler.Now;
        }

        // Another resource has taken it, and with it comes another wish.
        if (call.Call.Kind == CallKind.RenameFile && call.Call.Path.StartsWith(Ledger, StringComparison.Ordinal) &&
            _changes.TryGetValue(Path.GetFileName(call.Call.Value!), out Change? taken))
            taken.IsDoubtful = true;
        if (Written(call.Call) is not { } nic || !_changes.TryGetValue(nic.Address, out Change? change))
            return;

        change.Known = Values(nic);
        if (IsNumVfs(call.Call) && call.Call.Value != "0")
        {
            // A NIC that is nobody's any more is on its way back already, to how it was found.
            bool isHalfWay = call.Error is not null && change.Known.NumVfs == 0 && Run.Wishes.SurelySelect(nic);
            change.Failed = isHalfWay && change.Before.All(before => before.NumVfs > 0 && call.Call.Value != $"{before.NumVfs}") ? call.Call.Value : null;
        }
    }

    public override void Changed()
    {
        if (!_isClear)
            return;

        // What the agent has not done, others have.
        foreach (Nic nic in Run.Truth.Nics)
        {
            if (_changes.TryGetValue(nic.Address, out Change? change) && change.Known != Values(nic))
                change.IsDoubtful = true;
        }

        foreach ((string topic, Broker.BrokerMessage message) in Run.Broker.Retained)
        {
            if (!topic.StartsWith(Prefix, StringComparison.Ordinal) || _checked.GetValueOrDefault(topic) == message)
                continue;

            _checked[topic] = message;
            var status = Resource.Parser.ParseFrom(message.Payload.Span);
            foreach (ResourceStatus pf in status.Status.Where(pf => pf.ResourceName.Split(", ").Contains(status.Spec?.Name)))
            {
                if (Run.Truth.Nics.FirstOrDefault(nic => nic.Address == pf.Device) is { } nic)
                    Read(topic, nic, pf, pf.Conditions.FirstOrDefault(condition => condition.Status == Condition.Types.Status.False));
            }
        }
    }

    private void Read(string topic, Nic nic, ResourceStatus status, Condition? trouble)
    {
        string? said = trouble?.Message.Split("; ").FirstOrDefault(part => part.Contains("is as it was before", StringComparison.Ordinal));
        if (status.Phase == Phase.Types.Value.InSync)
            _wentBack.Remove(nic.Address);

        // It goes on to be said while the change is tried again, and may be hidden by something worse meanwhile.
        bool isBack = said is not null && _wentBack.GetValueOrDefault(nic.Address) != said;
        if (isBack)
            _wentBack[nic.Address] = said!;
        if (isBack && _changes.GetValueOrDefault(nic.Address) is { IsDoubtful: false } change && !change.Before.Contains(Values(nic)))
            Broken($"{topic} says that {nic.Address} is as it was before, which was {string.Join(" or ", change.Before)}, and it is {Values(nic)}");

        // That it was given up goes on to be said as well.
        bool isGivenUp = trouble?.Message.Contains("could not be brought back", StringComparison.Ordinal) == true;
        bool isOver = isBack || status.Phase == Phase.Types.Value.InSync || (isGivenUp && !_gaveUp.Contains(nic.Address));
        _ = isGivenUp ? _gaveUp.Add(nic.Address) : _gaveUp.Remove(nic.Address);

        // One that tells of what is not so any more was on its way when the change went on.
        if (((int)status.NumVfs, (int?)status.Mtu) != Values(nic))
            return;

        if (isOver)
            _changes.Remove(nic.Address);
        else if (trouble?.Reason is "VfsInUse" or "DisruptionForbidden" or "ManagementNic" && _changes.TryGetValue(nic.Address, out Change? blocked))
            blocked.MayBeOver = true;
    }

    private bool IsOnRecord(string pf) => Run.World.Disk.Look(Unconfirmed + pf) is not null;

    private void Doubt()
    {
        foreach (Change change in _changes.Values)
            change.IsDoubtful = true;
    }

    private Nic? Written(SimulatedCall call) => call.Kind == CallKind.SetLinkMtu ? Run.Truth.PfOfLink(call.Path)
        : IsNumVfs(call) ? Run.Truth.Nics.FirstOrDefault(nic => call.Path.StartsWith(nic.Folder, StringComparison.Ordinal))
        : null;

    private static bool IsNumVfs(SimulatedCall call) => call.Kind == CallKind.Write && call.Path.EndsWith("/sriov_numvfs", StringComparison.Ordinal);

    private (int NumVfs, int? Mtu) Values(Nic nic) => (Run.Truth.NumVfs(nic), Run.Truth.Mtu(nic));

    private sealed class Change((int NumVfs, int? Mtu) before)
    {
        private readonly List<(int NumVfs, int? Mtu)> _before = [before];

        /// <summary>What the PF may have to be again.</summary>
        public IReadOnlyList<(int NumVfs, int? Mtu)> Before => _before;

        /// <summary>Whether the agent has come to rest here, or is about to go on, does not show.</summary>
        public bool MayBeOver { get; set; }

        /// <summary>After the agent's last write to it.</summary>
        public (int NumVfs, int? Mtu) Known { get; set; } = before;

        /// <summary>The number of VFs that was refused when those of before were gone; null when nothing was since.</summary>
        public string? Failed { get; set; }

        public bool IsDoubtful { get; set; }

        public void GoesOn((int NumVfs, int? Mtu) now)
        {
            if (MayBeOver)
                _before.Add(now);
            MayBeOver = false;
        }
    }
}
