using System.Text.Json.Nodes;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// What the agent records of a PF that it takes, it has read there; and when a deleted resource lets the PF go, the PF is as it was when it was
/// taken, unless some version of the resource wanted it to stay as it is. Others may change it at any time: what it was since the agent's last
/// two looks counts as known.
/// </summary>
internal sealed class GivenBackAsFound(Run run) : Invariant(run)
{
    private const string Claims = AgentSettings.StateDirectory + "/ledger/pfs";
    private const string NumVfs = "originalNumVfs";
    private const string Mtu = "originalMtu";
    private const string Eswitch = "originalEswitch";
    private const string AutoprobeOff = "foundAutoprobeOff";

    // An entry that cannot be read is taken from the host again, and of one whose write comes back late the agent does not know.
    private readonly bool _isKnown = !run.Plan.Disasters.Any(kind => kind is Disaster.FileReadError or Disaster.HungCall);
    private readonly Dictionary<string, Pf> _pfs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unsynced = new(StringComparer.Ordinal);

    private long _lookedAt = -1;

    public override string Promise => Promises.GivenBack;

    // What is on disk by then is what there is.
    public override void AgentStarted()
    {
        _unsynced.Clear();
        foreach (Pf pf in _pfs.Values)
            pf.IsInDoubt = false;
    }

    public override void Changed()
    {
        if (_lookedAt == Run.World.Changes)
            return;

        _lookedAt = Run.World.Changes;
        foreach (Nic nic in Run.Truth.Nics)
            Of(nic).Note(Run.Scheduler.Now, new Values(
                Run.Truth.NumVfs(nic), Run.Truth.Mtu(nic), Run.Truth.Eswitch(nic), Run.Truth.IsAutoprobeOff(nic)));
    }

    public override void Calling(SimulatedCall call)
    {
        bool isLook = call.Kind == CallKind.Read && call.Path.EndsWith("/sriov_totalvfs", StringComparison.Ordinal);
        if (isLook && NicOf(Truth.Devices(call.Path).Last()) is { } seen)
            Of(seen).Look(Run.Scheduler.Now);
        else if (call.Kind == CallKind.RenameFile && Path.GetDirectoryName(call.Value) == Claims && NicOf(NameIn(call.Value!)) is { } taken)
            Take(call, taken);
        else if (call.Kind == CallKind.DeleteFile && Path.GetDirectoryName(call.Path) == Claims && NicOf(NameIn(call.Path)) is { } released)
            Release(call, released);
    }

    // Nothing is changed before the record is on the platter: one that is not is no record yet, and may be written anew. One whose own sync has failed
    // is none either, though the next one's may bring it there.
    public override void Called(LoggedCall call)
    {
        if (call.Call.Kind is CallKind.RenameFile or CallKind.DeleteFile && (call.Call.Value ?? call.Call.Path) is var path &&
            Path.GetDirectoryName(path) == Claims)
            _unsynced.Add(NameIn(path));
        if (call.Call is not { Kind: CallKind.SyncFile, Path: Claims })
            return;

        foreach ((string address, Pf pf) in _pfs)
        {
            if (_unsynced.Contains(address))
                pf.IsInDoubt = call.Error is not null;
        }

        _unsynced.Clear();
        if (call.Error is not null)
            return;

        foreach ((string address, Pf pf) in _pfs.Where(entry => !entry.Value.IsInDoubt))
            pf.Found = Claim($"{Claims}/{address}") is { } claim
                ? new Values(Number(claim, NumVfs), Number(claim, Mtu), claim[Eswitch]?.GetValue<string>(), WasOff(claim))
                : null;
    }

    private void Take(SimulatedCall call, Nic nic)
    {
        if (Claim(call.Path) is not { } claim)
            return;

        Changed();
        Pf pf = Of(nic);
        Check(nic, NumVfs, Number(claim, NumVfs), pf.Found?.NumVfs, pf.Known.Select(known => known.NumVfs));
        Check(nic, Mtu, Number(claim, Mtu), pf.Found?.Mtu, pf.Known.Select(known => known.Mtu));
        Check<bool?>(nic, AutoprobeOff, WasOff(claim), pf.Found?.IsAutoprobeOff, pf.Known.Select(known => (bool?)known.IsAutoprobeOff));
        Check(nic, Eswitch, claim[Eswitch]?.GetValue<string>(), pf.Found?.Eswitch, pf.Known.Select(known => known.Eswitch));
    }

    private void Check<T>(Nic nic, string field, T? value, T? found, IEnumerable<T?> known)
    {
        if (_isKnown && found is not null && !Equals(value, found))
            Broken($"{nic.Address} is recorded with {field} {value}, and was found with {found}");
        if (_isKnown && found is null && value is not null && !known.Contains(value))
            Broken($"{nic.Address} is recorded with {field} {value}, and had {string.Join(" or ", known)} since the agent looked");
    }

    private void Release(SimulatedCall call, Nic nic)
    {
        // What cannot be had any more is let be, and so is a NIC that the host has come to hang on.
        if (!_isKnown || Run.IsManagedOver(nic) || Claim(call.Path) is not { } claim || Run.Truth.Driver(nic.Address) != nic.Model.PfDriver)
            return;

        string[] owners = [claim["resource"]!.GetValue<string>(), .. claim["others"]?.AsArray().Select(other => other!.GetValue<string>()) ?? []];
        if (owners.SelectMany(Run.Wishes.Ever).Any(wish => wish.Retain || wish.IsHandsOff))
            return;

        Changed();
        Pf pf = Of(nic);
        if (pf.Found?.NumVfs is { } numVfs && pf.Known.All(known => known.NumVfs != numVfs))
            Broken($"{nic.Address} is let go with {Run.Truth.NumVfs(nic)} VFs, and had {numVfs} when the agent took it");
        if (pf.Found?.Mtu is { } mtu && pf.Known.All(known => known.Mtu is { } now && now != mtu))
            Broken($"{nic.Address} is let go with an MTU of {Run.Truth.Mtu(nic)}, and had {mtu} when the agent set it");
        if (pf.Found?.Eswitch is { } eswitch && pf.Known.All(known => known.Eswitch is { } now && now != eswitch))
            Broken($"{nic.Address} is let go in {Run.Truth.Eswitch(nic)} mode, and was in {eswitch} mode when the agent set it");

        // What others have turned off since is theirs.
        if (pf.Found is { IsAutoprobeOff: var wasOff } && pf.Known.All(known => known.IsAutoprobeOff != wasOff) && (wasOff || !nic.IsAutoprobeOthers))
            Broken($"{nic.Address} is let go, and sriov_drivers_autoprobe is not {(wasOff ? "off" : "on")}, which it was when the agent took it");
    }

    private static bool WasOff(JsonNode claim) => claim[AutoprobeOff]?.GetValue<bool>() ?? false;

    private static int? Number(JsonNode claim, string field) => claim[field]?.GetValue<int>();

    private JsonNode? Claim(string path) => Run.World.Disk.Look(path) is { Text.Length: > 0 } file ? JsonNode.Parse(file.Text) : null;

    private Nic? NicOf(string address) => Run.Truth.Nics.FirstOrDefault(nic => nic.Address == address);

    private Pf Of(Nic nic)
    {
        if (!_pfs.TryGetValue(nic.Address, out Pf? pf))
            _pfs.Add(nic.Address, pf = new Pf());
        return pf;
    }

    /// <summary>What of a PF is recorded and given back; what is not, or is not there, is null.</summary>
    private sealed record Values(int? NumVfs, int? Mtu, string? Eswitch, bool IsAutoprobeOff);

    private sealed class Pf
    {
        private readonly List<(TimeSpan Since, Values Value)> _history = [];
        private TimeSpan _look;
        private TimeSpan _lookBefore;

        /// <summary>As its record on the platter says that it was found; null while there is none.</summary>
        public Values? Found { get; set; }

        /// <summary>Its record could not be synced.</summary>
        public bool IsInDoubt { get; set; }

        /// <summary>All that it was since the agent's last two looks began.</summary>
        public IEnumerable<Values> Known
        {
            get
            {
                int last = _history.FindLastIndex(entry => entry.Since <= _lookBefore);
                return _history.Skip(Math.Max(last, 0)).Select(entry => entry.Value);
            }
        }

        public void Look(TimeSpan now) => (_look, _lookBefore) = (now, _look);

        public void Note(TimeSpan now, Values value)
        {
            if (_history.Count == 0 || _history[^1].Value != value)
                _history.Add((now, value));
        }
    }
}
