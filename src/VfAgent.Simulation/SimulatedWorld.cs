using VfAgent.Simulation.Calls;
using VfAgent.Simulation.Files;
using VfAgent.Simulation.Hardware;

namespace VfAgent.Simulation;

/// <summary>
/// A host: kernel and disk, what goes wrong with the agent's calls to them, and what the agent did. The host outlives the agent: a crash kills only
/// the agent. Kernel and disk are the doors that one process has to it: after a restart there are new ones, and the old ones stay shut, whatever
/// still holds them.
/// </summary>
public sealed class SimulatedWorld : IDisposable
{
    private readonly CallGate _gate = new();
    private readonly IReadOnlyList<NicModel> _nics;
    private readonly SimulationOptions _options;
    private readonly Random _random;
    private readonly Agenda _agenda;
    private readonly EventHub _events;
    private readonly Volume _volume = new();
    private Machine _machine;

    /// <summary>A host just booted, with these NICs: eth2 at 0000:01:00.0, eth3 at 0000:02:00.0 and so on, all down and without VFs.</summary>
    public SimulatedWorld(IReadOnlyList<NicModel> nics, TimeProvider time, SimulationOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nics.Count, SimulatedNics.MaxCount, nameof(nics));
        (_nics, _options) = (nics, options ?? new SimulationOptions());
        _random = new Random(_options.Seed);
        _agenda = new Agenda(time, _gate);
        _events = new EventHub(_gate);
        _gate.Agenda = _agenda;
        _machine = NewBoot();
        (Kernel, Disk) = NewDoors();
        Others = new SimulatedKernel(_gate, AgentProcess.Others, _events, () => _machine);
        OthersDisk = new SimulatedDisk(_gate, AgentProcess.Others, _volume);
    }

    public SimulatedKernel Kernel { get; private set; }

    public SimulatedDisk Disk { get; private set; }

    /// <summary>How this boot numbers its devices.</summary>
    public Numbering Numbering { get; private set; } = Numbering.Plain;

    /// <summary>What other programs call: never counted, logged or hurt by a fault, and good for ever.</summary>
    public SimulatedKernel Others { get; }

    /// <inheritdoc cref="Others"/>
    public SimulatedDisk OthersDisk { get; }

    /// <summary>
    /// Asked once for every call of the agent, in order; null for a host where nothing goes wrong. To crash at every point of a story, run it once,
    /// read <see cref="Writes"/>, and run it again for each number up to that with <c>call => call.Number == k ? Fault.CrashAfter : Fault.None</c>.
    /// </summary>
    public Func<SimulatedCall, Fault>? Faults
    {
        get => _gate.Faults;
        set => _gate.Faults = value;
    }

    /// <summary>Told of each mutating call when it has returned.</summary>
    public Action<LoggedCall>? Logged
    {
        get => _gate.Logged;
        set => _gate.Logged = value;
    }

    /// <summary>The mutating calls that have returned, in order.</summary>
    public IReadOnlyList<LoggedCall> Log => _gate.Log;

    /// <summary>How many mutating calls were made.</summary>
    public int Writes => _gate.Writes;

    /// <summary>How many calls were made that only read.</summary>
    public int Reads => _gate.Reads;

    /// <summary>Rises before anything may change: what was read between two calls still holds while this is the same.</summary>
    public long Changes => _gate.Changes;

    /// <summary>Calls that <see cref="Fault.Hang"/> or <see cref="Fault.Delay"/> holds go on.</summary>
    public void ReleaseHangs() => _gate.ReleaseHangs();

    /// <summary>The agent is killed, unless it is dead already, and a new one may begin. Files are as they were written, synced or not.</summary>
    public void Restart()
    {
        _gate.Kill();
        StartProcess();
    }

    /// <summary>An orderly reboot: files are synced; VFs, overrides, link settings, modules and processes are gone.</summary>
    /// <param name="numbering">How devices are numbered from then on, as after a change of hardware or kernel; null for no change.</param>
    public void Reboot(Numbering? numbering = null)
    {
        Numbering = numbering ?? Numbering;
        BootAgain(_volume.SyncAll);
    }

    /// <summary>A reboot that nobody prepared: what was not synced is lost.</summary>
    /// <param name="chance">Whether some of what was not synced survives, whole or torn, by the seed.</param>
    public void PowerLoss(bool chance = false) => BootAgain(() => _volume.LosePower(chance ? _random : null));

    public void Dispose() => _agenda.Dispose();

    // The old process learns that it is dead before the new one can be called.
    private void BootAgain(Action settleFiles)
    {
        _gate.KillKernel();
        using (_gate.Enter())
        {
            settleFiles();
            _volume.Unmount();
            _agenda.Clear();
            _machine = NewBoot();
        }

        StartProcess();
    }

    private void StartProcess()
    {
        _gate.StartProcess();
        (Kernel, Disk) = NewDoors();
    }

    private (SimulatedKernel Kernel, SimulatedDisk Disk) NewDoors() =>
        (new SimulatedKernel(_gate, _gate.Process, _events, () => _machine), new SimulatedDisk(_gate, _gate.Process, _volume));

    // Names of network namespaces are files, over which they are mounted.
    private Machine NewBoot()
    {
        var machine = new Machine(_nics, _options, _random, _agenda, _events, Numbering);
        _volume.MakeFolders(Namespaces.Folder);
        machine.Links.Namespaces.Changed = _volume.Watches.Changed;
        return machine;
    }
}
