using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>The agent writes to its own files, and to PFs and VFs that a config in force names, or that it has recorded as its to give back.</summary>
internal sealed class OnlyWhatIsNamed(Run run) : Invariant(run)
{
    private static readonly string[] _modules = ["vfio_pci", "vhost_net", "tun"];
    private static readonly string[] _folders = [AgentSettings.ConflistDirectory, AgentSettings.CdiDirectory];

    public override string Promise => Promises.OnlyWhatIsNamed;

    public override void Calling(SimulatedCall call)
    {
        if (call.Mutates && !IsOurs(call))
            Broken($"{call}");
    }

    private bool IsOurs(SimulatedCall call) => call.Kind switch
    {
        CallKind.LoadModule => _modules.Contains(call.Path, StringComparer.Ordinal),
        CallKind.SetLinkMtu or CallKind.SetLinkUp or CallKind.SetVf => Run.Truth.Nics.Any(nic => IsNamed(nic) && nic.Name == call.Path),
        CallKind.Write => IsOurDevice(DeviceOf(call)),
        CallKind.CreateDirectory => Truth.IsState(call.Path) || _folders.Contains(call.Path, StringComparer.Ordinal),
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

    private bool IsNamed(Nic nic) =>
        Run.World.Disk.Look($"{AgentSettings.StateDirectory}/ledger/pfs/{nic.Address}") is not null || Run.Wishes.Resources.Any(wish => wish.Selects(nic));

    private static bool IsOurFile(string path) => Truth.IsState(path) ||
        (_folders.Contains(Path.GetDirectoryName(path), StringComparer.Ordinal) && NameIn(path).TrimStart('.').StartsWith("vfagent-", StringComparison.Ordinal));
}
