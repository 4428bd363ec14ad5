using System.Text.Json.Nodes;
using VfAgent.Core.Planning;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>Ledger and conflists, ours and others', never name two holders of one VF by the agent's doing.</summary>
internal sealed class OneHolder(Run run) : Invariant(run)
{
    private const string Ledger = AgentSettings.StateDirectory + "/ledger/attachments";

    // By record, the VF that was last written down for good: after one that has failed, the agent goes back to that.
    private readonly Dictionary<string, string?> _recorded = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unsynced = new(StringComparer.Ordinal);
    private HashSet<string> _named = [];

    public override string Promise => Promises.OneHolder;

    // When the agent looks whether another program has touched the folder, what that has written there is known to it.
    public override void Calling(SimulatedCall call)
    {
        if (call is { Kind: CallKind.StatFile, Path: AgentSettings.ConflistDirectory })
        {
            _named = [.. Run.Truth.Files(AgentSettings.ConflistDirectory).Where(file => !IsOurs(file.Name)).SelectMany(file => Truth.Devices(file.Text))];
        }
        else if (call.Kind == CallKind.RenameFile && Path.GetDirectoryName(call.Value) == Ledger && VfOf(call.Path) is { } vf && vf != VfOf(call.Value!))
        {
            CheckAssignment(call.Value!, vf);
        }
    }

    public override void Called(LoggedCall call)
    {
        switch (call)
        {
            case { Call: { Kind: CallKind.RenameFile, Value: { } path }, Error: null } when Path.GetDirectoryName(path) == AgentSettings.ConflistDirectory:
                CheckConflist(path);
                break;
            case { Call: { Kind: CallKind.RenameFile, Value: { } path }, Error: null } when Path.GetDirectoryName(path) == Ledger:
                _unsynced.Add(path);
                break;
            case { Call: { Kind: CallKind.DeleteFile, Path: var path }, Error: null } when Path.GetDirectoryName(path) == Ledger:
                _recorded.Remove(path);
                break;
            case { Call: { Kind: CallKind.SyncFile, Path: Ledger } }:
                foreach (string path in call.Error is null ? _unsynced : [])
                    _recorded[path] = VfOf(path);
                _unsynced.Clear();
                break;
        }
    }

    private void CheckAssignment(string path, string vf)
    {
        if (Run.World.Disk.Files(Ledger).FirstOrDefault(other => other != path && !NameIn(other).StartsWith('.') && VfOf(other) == vf) is { } twin)
            Broken($"{NameIn(path)} and {NameIn(twin)} both have {vf} in the ledger");

        if (DeviceOf(vf) is { } device && _named.Contains(device) && _recorded.GetValueOrDefault(path) != vf && !IsKept(path, device))
            Broken($"{NameIn(path)} gets {device}, which another program's conflist names");
    }

    private void CheckConflist(string path)
    {
        string text = Run.World.Disk.Look(path)!.Text;
        string attachment = NameIn(path)["vfagent-".Length..^".conflist".Length];
        if (ConflistRenderer.IsPool(text))
        {
            CheckPool(path, attachment, text);
            return;
        }

        foreach (string device in Truth.Devices(text))
        {
            if (VfOf($"{Ledger}/{attachment}") is not { } vf)
                Broken($"{NameIn(path)} hands out {device}, and the ledger does not know of it");
            else if (DeviceOf(vf) is { } recorded && recorded != device)
                Broken($"{NameIn(path)} hands out {device}, and the ledger has {vf}, which is {recorded}");

            if (Run.Truth.Files(AgentSettings.ConflistDirectory).FirstOrDefault(file => IsOurs(file.Name) && file.Name != NameIn(path) && file.Text.Contains(device, StringComparison.Ordinal)) is { Name: not null } twin)
                Broken($"{NameIn(path)} and {twin.Name} both hand out {device}");
        }
    }

    // What a pool hands out is nobody's.
    private void CheckPool(string path, string attachment, string text)
    {
        string[] others = [.. Run.World.Disk.Files(Ledger).Where(record => NameIn(record) is var name && name != attachment && name[0] != '.')];
        foreach (string device in Truth.Devices(text))
        {
            if (others.FirstOrDefault(record => VfOf(record) is { } vf && DeviceOf(vf) == device) is { } holder)
                Broken($"{NameIn(path)} hands out {device}, which is {NameIn(holder)}'s in the ledger");
        }
    }

    // An attachment keeps what it has, whoever names it later.
    private bool IsKept(string path, string device) =>
        Run.World.Disk.Look($"{AgentSettings.ConflistDirectory}/vfagent-{NameIn(path)}.conflist")?.Text.Contains(device, StringComparison.Ordinal) ?? false;

    // Where a recorded VF is now; null when it is nowhere.
    private string? DeviceOf(string vf) =>
        Run.Truth.Nics.FirstOrDefault(nic => nic.Address == vf.Split('#')[0]) is { } nic ? Run.Truth.Vf(nic, int.Parse(vf.Split('#')[1])) : null;

    private string? VfOf(string path)
    {
        JsonNode? entry = Run.World.Disk.Look(path) is { Text.Length: > 0 } file ? JsonNode.Parse(file.Text) : null;
        return entry?["pf"] is { } pf ? $"{pf}#{entry["vfIndex"]}" : null;
    }

    private static bool IsOurs(string name) => name.StartsWith("vfagent-", StringComparison.Ordinal);
}
