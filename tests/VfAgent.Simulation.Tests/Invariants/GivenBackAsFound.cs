using System.Text.Json.Nodes;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>A PF that a deleted resource had is given back as it was found before the first change, unless it was to stay as it is.</summary>
internal sealed class GivenBackAsFound(Run run) : Invariant(run)
{
    private const string Claims = AgentSettings.StateDirectory + "/ledger/pfs";

    // How long it may be since the agent looked at what others have changed meanwhile.
    private static readonly TimeSpan _look = TimeSpan.FromMinutes(7);

    private readonly Dictionary<string, (int NumVfs, TimeSpan Since)> _seen = new(StringComparer.Ordinal);

    public override string Promise => "A deleted resource gives its NICs back as they were found, or leaves them as they are";

    public override void Changed()
    {
        foreach (Nic nic in Run.Truth.Nics)
        {
            int now = Run.Truth.NumVfs(nic);
            if (!_seen.TryGetValue(nic.Address, out (int NumVfs, TimeSpan Since) seen) || seen.NumVfs != now)
                _seen[nic.Address] = (now, Run.Scheduler.Now);
        }
    }

    public override void Calling(SimulatedCall call)
    {
        if (call.Kind != CallKind.DeleteFile || Path.GetDirectoryName(call.Path) != Claims || Run.World.Disk.Look(call.Path) is not { } file)
            return;

        // What others do at the same time the agent need not know yet, and what cannot be had any more is let be.
        if (Run.Truth.Nics.FirstOrDefault(nic => nic.Address == NameIn(call.Path)) is not { } nic || Run.Truth.Driver(nic.Address) != nic.Model.PfDriver)
            return;

        JsonNode claim = JsonNode.Parse(file.Text)!;
        bool mayStay = claim["retain"]?.GetValue<bool>() ?? false;
        int found = claim["originalNumVfs"]?.GetValue<int>() ?? 0;
        if (!mayStay && found != Run.Truth.NumVfs(nic) && _seen.TryGetValue(nic.Address, out (int NumVfs, TimeSpan Since) seen) && seen.Since < Run.Scheduler.Now - _look)
            Broken($"{nic.Address} is let go with {Run.Truth.NumVfs(nic)} VFs, and had {found} when the agent found it");
    }
}
