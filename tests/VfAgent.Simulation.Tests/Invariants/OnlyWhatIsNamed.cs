using VfAgent.Core.Kernel;
using VfAgent.Host;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>
/// The agent writes to its own files, and to PFs and VFs that a config in force names, or that it has recorded as its to give back.
/// </summary>
internal sealed class OnlyWhatIsNamed(Run run) : Invariant(run)
{
    private static readonly string[] _modules = ["vfio_pci", "vhost_net", "tun"];
    private static readonly string[] _folders = [AgentSettings.ConflistDirectory, AgentSettings.CdiDirectory, AgentSettings.NetworkDirectory];

    private readonly TimeSpan _underWay = Delays.Of(run.Plan, TimeSpan.FromSeconds(10));
    private readonly Dictionary<string, TimeSpan> _named = new(StringComparer.Ordinal);

    // When it was last so that the agent may know of nobody who wants it.
    private readonly Dictionary<string, TimeSpan> _free = new(StringComparer.Ordinal);

    // When its record was last there. One whose removal could not be synced is not gone for the agent.
    private readonly Dictionary<string, TimeSpan> _recorded = new(StringComparer.Ordinal);

    public override string Promise => Promises.OnlyWhatIsNamed;

    public override void Changed()
    {
        foreach (Nic nic in Run.Truth.Nics)
        {
            if (Run.Wishes.Resources.Any(wish => !wish.IsHandsOff && wish.Selects(nic)))
                _named[nic.Address] = Run.Scheduler.Now;
            if (!Run.Wishes.SurelySelect(nic))
                _free[nic.Address] = Run.Scheduler.Now;
            if (Run.World.Disk.Look($"{AgentSettings.StateDirectory}/ledger/pfs/{nic.Address}") is not null)
                _recorded[nic.Address] = Run.Scheduler.Now;
        }
    }

    public override void Calling(SimulatedCall call)
    {
        if (call.Mutates && !IsOurs(call))
            Broken($"{call}");
    }

    private bool IsOurs(SimulatedCall call) => call.Kind switch
    {
        CallKind.LoadModule => _modules.Contains(call.Path, StringComparer.Ordinal),
        // What a container has left that vanished is undone by its lease, whoever wants the NIC.
        CallKind.SetLinkName or CallKind.SetLinkMac or CallKind.SetLinkMtu or CallKind.SetLinkUp when IsLeased(call.Path) => true,
        // A link that is gone by now has a number only.
        CallKind.SetLinkName or CallKind.SetLinkMac or CallKind.SetLinkMtu or CallKind.SetLinkUp or CallKind.SetVf
            when char.IsAsciiDigit(call.Path[0]) => true,
        CallKind.SetLinkMtu or CallKind.SetLinkUp or CallKind.SetVf => Run.Truth.PfOfLink(call.Path) is { } pf && IsNamed(pf),
        // What was turned off is turned on again whatever has come of the wish.
        CallKind.Write when call.Path.EndsWith("/sriov_drivers_autoprobe", StringComparison.Ordinal) && call.Value == "1" => true,
        CallKind.Write or CallKind.SetEswitch => IsOurDevice(DeviceOf(call)),
        CallKind.CreateDirectory => call.Path == $"{HostPaths.Run}/leases" || Truth.IsState(call.Path) || _folders.Contains(call.Path, StringComparer.Ordinal),
        CallKind.SyncFile when _folders.Contains(call.Path, StringComparer.Ordinal) => true,
        CallKind.RenameFile => IsOurFile(call.Path) && IsOurFile(call.Value!),
        _ => IsOurFile(call.Path),
    };

    private static string DeviceOf(SimulatedCall call) =>
        Truth.Devices(call.Path).LastOrDefault() ?? Truth.Devices(call.Value!).FirstOrDefault() ?? "";

    // A VF that is gone by now cannot be harmed.
    private bool IsOurDevice(string device) =>
        Run.Truth.Nics.FirstOrDefault(nic => nic.Address == device) is { } pf ? IsNamed(pf)
        : Run.Truth.PfOf(device) is { } parent ? IsNamed(parent)
        : !Run.World.Others.Exists($"/sys/bus/pci/devices/{device}");

    // By a config that lets it be changed, now or a moment ago; or it is only recorded, and has to be given back.
    private bool IsNamed(Nic nic)
    {
        Changed();
        return IsRecent(_named, nic) || (IsRecent(_free, nic) && IsRecent(_recorded, nic));
    }

    private bool IsRecent(Dictionary<string, TimeSpan> times, Nic nic) =>
        times.TryGetValue(nic.Address, out TimeSpan at) && at >= Run.Scheduler.Now - _underWay;

    private bool IsLeased(string link) =>
        Run.World.Others.ReadLink($"/sys/class/net/{link}/device").Value is { } vf && Run.World.Disk.Look($"{HostPaths.Run}/leases/{vf}") is not null;

    // Podman's networks have no prefix, but the names of attachments.
    private bool IsOurFile(string path) => Truth.IsState(path) || path.StartsWith($"{HostPaths.Run}/", StringComparison.Ordinal) ||
        (Path.GetDirectoryName(path) == AgentSettings.NetworkDirectory &&
            Run.Wishes.Objects.Contains($"config/networkattachments/{Path.GetFileNameWithoutExtension(path)}", StringComparer.Ordinal)) ||
        (_folders.Contains(Path.GetDirectoryName(path), StringComparer.Ordinal) && NameIn(path).TrimStart('.').StartsWith("vfagent-", StringComparison.Ordinal));
}
