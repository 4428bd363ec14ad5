using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Host;
using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Faults;

namespace VfAgent.Simulation.Tests.Runs;

// What nobody asks for and is there all the same.
internal sealed partial class Convergence
{
    private string? Leftovers()
    {
        foreach ((string name, _) in Conflists())
        {
            if (IsOurs(name) && !_attachments.ContainsKey(name["vfagent-".Length..^".conflist".Length]))
                return $"{name} is still there";
        }

        foreach ((string name, _) in _run.Truth.Files(AgentSettings.NetworkDirectory))
        {
            if (!_attachments.ContainsKey(Path.GetFileNameWithoutExtension(name)) && !IsUnfinished(name))
                return $"podman's network {name} is still there";
        }

        if (_run.Truth.Files($"{HostPaths.Run}/leases").FirstOrDefault(IsForgotten) is { Name: not null } lease)
            return $"the lease of {lease.Name} is still there, and its container or that VF is not";

        foreach ((string name, _) in _run.Truth.Files(Ledger))
        {
            if (!_attachments.ContainsKey(name) && !IsUnfinished(name))
                return $"{name} is still in the ledger";
        }

        if (_run.Truth.Nics.FirstOrDefault(IsOff) is { } off)
            return $"new VFs of {off.Address} get no driver";

        // What a plugin that was killed leaves, the VF's next lease is written over.
        if (_run.World.Disk.Files().FirstOrDefault(
            path => IsUnfinished(Path.GetFileName(path)) && !path.StartsWith(HostPaths.Run, StringComparison.Ordinal) && !IsKept(path)) is { } leftover)
            return $"{leftover} is left over";

        // One whose last sync has failed may be on disk, and only the agent's next life knows of it.
        if (!_run.Plan.Disasters.Contains(Disaster.SyncError) && Unwanted() is { } record)
            return $"{record} is still in the ledger";

        foreach ((string name, _) in _run.Truth.Files(AgentSettings.CdiDirectory))
        {
            if (!IsWantedSpec(name) && !IsUnfinished(name))
                return $"{name} is still there";
        }

        foreach (string topic in _run.Broker.Retained.Keys)
        {
            string[] levels = topic.Split('/');
            if (levels is [.., "status", "resources", var resource] && !_resources.ContainsKey(resource) && !IsRefused($"config/resources/{resource}") &&
                !IsGivenBackLater(resource))
                return $"{topic} is still there";
            if (levels is [.., "status", "networkattachments", var attachment] && !_attachments.ContainsKey(attachment) &&
                !IsRefused($"config/networkattachments/{attachment}"))
                return $"{topic} is still there";
        }

        return null;
    }

    // A CNI plugin's waits for its DEL, one of a VF that is not there does no harm, and of one that somebody else has by now nothing can be undone.
    private bool IsForgotten((string Name, string Text) lease) => !IsUnfinished(lease.Name) &&
        JsonNode.Parse(lease.Text) is { } json && json["delegate"] is null &&
        (!_run.World.Others.Exists(json["namespace"]!.GetValue<string>()) || (long)json["vfInode"]! != _run.Truth.Inode(lease.Name)) &&
        _run.Truth.Inode(lease.Name) != 0 && !_run.Truth.IsAway(lease.Name) && _run.Uses.All.All(use => use.Device != lease.Name);

    // What others have turned off stays so, or is so again once the PF is given back as it was found, also when another resource finds it then. Of a
    // write that an agent left hanging when it ended, and that came back after others, the next one cannot know.
    private bool IsOff(Nic nic)
    {
        string attribute = $"{nic.Folder}/sriov_drivers_autoprobe";
        int[] writes = [.. _run.World.Log.Select(entry => entry.Call).Where(call => call.Path == attribute).Select(call => call.Number)];
        bool isOthers = nic.IsAutoprobeOthers || (nic.HadAutoprobeOff && (OwnersOf(nic).Length == 0 || WasFoundOff(nic)));
        return _run.Truth.IsAutoprobeOff(nic) && !isOthers && !writes.Any(number => number > writes[^1]);
    }

    private bool WasFoundOff(Nic nic) =>
        _run.World.Disk.Look($"{PfLedger}/{nic.Address}") is { } file && (bool?)JsonNode.Parse(file.Text)?["foundAutoprobeOff"] == true;

    private static bool IsUnfinished(string name) => name.StartsWith(".vfagent-", StringComparison.Ordinal);

    // What could not be removed when its write had failed, as on a disk that is read-only by then, the next life removes.
    private bool IsKept(string path) => _run.World.Log.Last(entry => entry.Call.Path == path) is { Call.Kind: CallKind.DeleteFile, Error: not null };

    // Records of CDI specs and of PFs that no resource asks for.
    private string? Unwanted() =>
        _run.Truth.Files(AgentSettings.StateDirectory + "/ledger/resources")
            .FirstOrDefault(entry => _resources.GetValueOrDefault(entry.Name) is not ({ Vhost: true } or { IsObserved: true })).Name ??
        _run.Truth.Nics
            .FirstOrDefault(nic => OwnersOf(nic).Length > 0 && !OwnersOf(nic).Any(name => _resources.ContainsKey(name) || IsGivenBackLater(name)) &&
                !IsTakenOverLater(nic))
            ?.Address;

    private bool IsWantedSpec(string file) =>
        _resources.Values.Any(resource => (resource.Vhost || resource.IsObserved) && file == $"vfagent-vhost-net-{resource.Name}.json") ||
        _attachments.Values.Any(attachment => file == $"vfagent-vfio-{attachment.Name}.json");

    // A deleted resource is there until its PFs are as they were found, and that waits for whoever uses a VF.
    private bool IsGivenBackLater(string resource) =>
        Status($"resources/{resource}", Resource.Parser) is { Phase: not Phase.Types.Value.InSync } status &&
        Reason(status.Conditions) is "VfsInUse" or "ManagementNic" or "KernelTimeout" &&
        _run.Truth.Files(PfLedger).Any(claim => JsonNode.Parse(claim.Text)?["resource"]?.GetValue<string>() == resource && IsInUse(claim.Name));

    // Nor is its record rewritten for the next resource while the kernel keeps a call about the PF, and that waits for a process with a VF.
    private bool IsTakenOverLater(Nic nic) =>
        IsHeldUp(nic) &&
        _resources.Values
            .Where(wish => wish.Selects(nic))
            .SelectMany(wish => Status($"resources/{wish.Name}", Resource.Parser)?.Status ?? [])
            .Any(pf => pf.Device == nic.Address && Reason(pf.Conditions) == "KernelTimeout");
}
