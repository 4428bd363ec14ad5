using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Protocol.V1;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Broker;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>Whether the host is as its config asks, or the status says per object, and truly, why not.</summary>
internal sealed partial class Convergence
{
    private const string Ledger = AgentSettings.StateDirectory + "/ledger/attachments";
    private const string PfLedger = AgentSettings.StateDirectory + "/ledger/pfs";

    private readonly Run _run;
    private readonly Dictionary<string, ResourceWish> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AttachmentWish> _attachments = new(StringComparer.Ordinal);

    private Convergence(Run run)
    {
        _run = run;

        // The strongest layer last.
        foreach (string topic in run.Wishes.Topics.OrderBy(topic => topic != Wish.DocumentTopic))
        {
            if (run.World.Disk.Bytes(WishBook.FileOf(topic)) is not { } held || run.Wishes.Find(topic, held) is not { } wish)
                continue;

            foreach (ResourceWish resource in wish.Resources)
                _resources[resource.Name] = resource;
            foreach (AttachmentWish attachment in wish.Attachments)
                _attachments[attachment.Name] = attachment;
        }
    }

    /// <returns>What is not (yet) as it should be; null when all is.</returns>
    public static string? Missing(Run run)
    {
        var now = new Convergence(run);
        return now.Connection() ?? now.Config() ?? now.Resources() ?? now.Attachments() ?? now.Users() ?? now.Leftovers();
    }

    private string? Connection()
    {
        if (!_run.Broker.IsConnected(Run.AgentClient))
            return "the agent is not connected";

        return Status("agent", AgentStatus.Parser) is { State: AgentStatus.Types.State.Online } ? null : "status/agent is not ONLINE";
    }

    // What the broker retains is good and in force, or bad and refused.
    private string? Config()
    {
        foreach (string topic in _run.Wishes.Topics)
        {
            if (!_run.Broker.Retained.TryGetValue(AgentSettings.HostTopic + topic, out BrokerMessage? message))
                continue;

            bool isHeld = message.Payload.Span.SequenceEqual(_run.World.Disk.Bytes(WishBook.FileOf(topic)));
            bool isGood = _run.Wishes.Find(topic, message.Payload) is { IsValid: true };
            if (isGood && !isHeld)
                return $"the broker retains another {topic} than the agent holds";
        }

        return null;
    }

    private string? Resources()
    {
        foreach (Nic nic in _run.Truth.Nics)
        {
            ResourceWish[] owners = [.. _resources.Values.Where(wish => OwnersOf(nic).Contains(wish.Name, StringComparer.Ordinal) && wish.Selects(nic))];
            if (owners.Skip(1).FirstOrDefault(wish => wish.IsAtOddsWith(owners[0])) is { } other)
                return $"{nic.Address} is both {owners[0].Name}'s and {other.Name}'s, which are at odds";
        }

        foreach (ResourceWish wish in _resources.Values)
        {
            if (Status($"resources/{wish.Name}", Resource.Parser) is not { } status)
                return $"resource {wish.Name} has no status";

            string reason = Reason(status.Conditions);
            Nic[] selected = [.. _run.Truth.Nics.Where(wish.Selects)];
            Nic[] own = wish.IsHandsOff ? selected : [.. selected.Where(nic => IsOwned(nic, wish))];
            bool isShared = selected.Any(nic => OthersOf(nic, wish).Any());
            string? difference = own.Select(nic => _run.Truth.Differs(nic, wish)).FirstOrDefault(text => text is not null);
            if (!wish.IsHandsOff && selected.FirstOrDefault(nic => OwnersOf(nic).Length == 0 && !OthersOf(nic, wish).Any()) is { } nobodys)
                difference ??= $"{nobodys.Address} is nobody's";

            // What keeps a PF from being as those want it who share it, is said to all of them.
            ResourceWish[] partners = [wish, .. _resources.Values.Where(other => other != wish && own.Any(nic => other.Selects(nic) && IsOwned(nic, other)))];
            string? differs = partners.SelectMany(_ => own, (other, nic) => _run.Truth.Differs(nic, other)).FirstOrDefault(text => text is not null);
            bool isTrue = IsInSync(status.Conditions)
                ? difference is null && own.Length == selected.Length && status.ObservedGeneration == (ulong)wish.Generation &&
                    !own.Any(nic => _run.Truth.SharesMac(nic, wish))
                : reason switch
                {
                    "NicNotFound" => selected.Length == 0,
                    "PfClaimed" => isShared && (wish.IsHandsOff || own.Length < selected.Length),
                    "NumVfsExceedsTotal" => selected.Any(nic => wish.NumVfs > nic.Model.TotalVfs),
                    "MtuOutOfRange" => selected.Any(nic => wish.Mtu > nic.Model.MaxMtu),
                    "AttributeUnsupported" => _run.Plan.Disasters.Contains(Disaster.KernelError) ||
                        (partners.Any(other => other.Eswitch == "switchdev") && own.Any(nic => nic.Model.Eswitch is null)),
                    // Of a broker that has gone at the wrong moment the agent cannot tell that it is not by its change.
                    "NotConfirmed" => differs is not null &&
                        _run.Plan.Disasters.Any(kind => kind is Disaster.JumboCutsOff or Disaster.BrokerAway or Disaster.BrokerForgets),
                    "VfsInUse" => differs is not null &&
                        (own.Any(IsManagedOverVf) ||
                        _run.Uses.All.Any(use => own.Any(nic => use.Pf == nic.Address && (use.Pid is not null || !IsForced(nic, use, partners))))),
                    "DisruptionForbidden" => differs is not null && partners.Any(other => other.Policy == "NEVER"),
                    // While the kernel keeps a call the agent does not see that the NIC is called something else by now.
                    "KernelTimeout" => _run.Truth.Nics.Any(nic => IsHeldUp(nic) && (wish.Selects(nic) || status.Status.Any(pf => pf.Device == nic.Address))),
                    // The netdev of a VF may be in a container that the agent has never seen it go to.
                    "VfsMissing" => selected.Any(nic => _run.Uses.All.Any(use => use.Pf == nic.Address)),
                    "DuplicateMac" => own.Any(nic => _run.Truth.SharesMac(nic, wish)),
                    "Drifted" => wish.IsHandsOff &&
                        (difference is not null || (wish.Vhost ? !HasVhostSpec(wish) || !HasVhost() : HasVhostSpec(wish))),
                    "ManagementNic" => differs is not null && partners.Any(other => !other.AllowsManagementNic) && own.Any(_run.IsManagedOver),
                    "IommuDisabled" => partners.Any(other => other.Vfio) && !_run.Plan.Host.Iommu,
                    _ => false,
                };
            if (!isTrue || (SaysRefused(status.Conditions) && !IsRefused(Wish.TopicOf(wish))))
                return $"resource {wish.Name} is {status.Phase} ({reason}: {Message(status.Conditions)}), wanted is {wish}, and {difference ?? "nothing differs"}";
        }

        return null;
    }

    private string? Attachments()
    {
        foreach (AttachmentWish wish in _attachments.Values)
        {
            if (Status($"networkattachments/{wish.Name}", NetworkAttachmentStatus.Parser) is not { } status)
                return $"attachment {wish.Name} has no status";

            string reason = Reason(status.Conditions);
            string? difference = Differs(wish, status.Device);
            bool isTrue = IsInSync(status.Conditions)
                ? difference is null && status.ObservedGeneration == (ulong)wish.Generation
                : reason switch
                {
                    "ResourceNotFound" => wish.Resource is { } name && !_resources.ContainsKey(name),
                    "ResourceObserved" => wish.Resource is { } observed && _resources.GetValueOrDefault(observed) is { IsObserved: true },
                    "NoFreeVf" => !HasFreeVf(wish),
                    "VfsNotReady" => Status($"resources/{wish.Resource}", Resource.Parser) is not { Phase: Phase.Types.Value.InSync } || !HasFreeVf(wish),
                    "KernelTimeout" => _run.Truth.Nics.Any(nic =>
                        IsHeldUp(nic) && (LedgerOf(wish).Contains(nic.Address, StringComparison.Ordinal) || IsPoolOn(nic, wish))),
                    "NoCounterpart" => _run.Plan.HasPools && difference is null,
                    "PoolUnsupported" => PoolOf(wish) is { Vfio: true },
                    "NameTaken" => Conflists().Any(file => !IsOurs(file.Name) && file.Text.Contains($"\"name\":\"{wish.Name}\"", StringComparison.Ordinal)),
                    _ => false,
                };
            if (!isTrue || (SaysRefused(status.Conditions) && !IsRefused(Wish.TopicOf(wish))))
                return $"attachment {wish.Name} is {status.Phase} ({reason}: {Message(status.Conditions)}), wanted is {wish}, and {difference ?? "nothing differs"}";
        }

        return null;
    }

    // A write of 0 does not come back while a process has one of the VFs open.
    private bool IsHeldUp(Nic nic) => _run.Uses.All.Any(use => use.Pid is not null && use.Pf == nic.Address);

    private string LedgerOf(AttachmentWish wish) => _run.World.Disk.Look($"{Ledger}/{wish.Name}")?.Text ?? "";

    private string? Differs(AttachmentWish wish, string device)
    {
        string file = $"vfagent-{wish.Name}.conflist";
        if (Conflists().FirstOrDefault(conflist => conflist.Name == file) is not { Name: not null } conflist)
            return $"there is no {file}";
        if (!conflist.Text.Contains($"\"vlan\": {wish.Vlan}", StringComparison.Ordinal))
            return $"{file} has another vlan";
        if (wish.Resource is null)
            return null;
        if (_run.Plan.HasPools && NetworkDiffers(wish, conflist.Text) is { } difference)
            return difference;
        if (wish.IsPool)
            return PoolDiffers(wish, conflist.Text);
        if (device.Length == 0 || !conflist.Text.Contains(device, StringComparison.Ordinal))
            return $"{file} does not hand out {device}";
        if (!_resources.TryGetValue(wish.Resource, out ResourceWish? resource) || _run.Truth.PfOf(device) is not { } pf || !resource.Selects(pf))
            return $"{device} is no VF of {wish.Resource}";

        return _run.Truth.Driver(device) == "vfio-pci" == resource.Vfio ? null : $"{device} is on another driver";
    }

    // Whoever has podman gets the same VFs as whoever has CNI.
    private string? NetworkDiffers(AttachmentWish wish, string conflist)
    {
        string[] vfs = [.. Truth.Devices(_run.World.Disk.Look($"{AgentSettings.NetworkDirectory}/{wish.Name}.json")?.Text ?? "")];
        return vfs.SequenceEqual(Truth.Devices(conflist)) ? null : $"podman's network {wish.Name} hands out {string.Join(' ', vfs)}";
    }

    private ResourceWish? PoolOf(AttachmentWish wish) => wish.IsPool ? _resources.GetValueOrDefault(wish.Resource!) : null;

    private bool IsPoolOn(Nic nic, AttachmentWish wish) => PoolOf(wish)?.Selects(nic) ?? false;

    private string? PoolDiffers(AttachmentWish wish, string conflist) => Truth.Devices(conflist)
        .Where(vf => PoolOf(wish) is not { Vfio: false } resource || _run.Truth.PfOf(vf) is not { } pf || !resource.Selects(pf))
        .Select(vf => $"{vf} is no VF of {wish.Resource} for a pool").FirstOrDefault();

    private bool HasFreeVf(AttachmentWish wish) =>
        wish.Resource is { } name && _resources.TryGetValue(name, out ResourceWish? resource) &&
        _run.Truth.Nics
            .Where(nic => resource.Selects(nic) && IsOwned(nic, resource))
            .SelectMany(nic => _run.Truth.Vfs(nic).Where((_, index) => resource.Has(index)))
            .Any(vf =>
            Conflists().Concat(_run.Truth.Files(AgentSettings.NetworkDirectory))
                .All(file => IsNetworkOf(file.Name, wish.Name) || !file.Text.Contains(vf, StringComparison.Ordinal)) &&
            _run.Uses.All.All(use => use.Device != vf) && !IsManagedOverVf(vf) &&
            _run.Truth.Driver(vf) == "vfio-pci" == resource.Vfio && !IsPromised(vf, wish.Name));

    private static bool IsNetworkOf(string file, string attachment) => file == $"vfagent-{attachment}.conflist" || file == $"{attachment}.json";

    // Whoever has the VF may also take it from a container, and nobody else.
    private bool IsForced(Nic nic, Use use, ResourceWish[] owners)
    {
        int index = _run.Truth.Vfs(nic).ToList().IndexOf(use.Device);
        string? holder = _run.Truth.Files(Ledger).Select(entry => JsonNode.Parse(entry.Text)!)
            .FirstOrDefault(entry => (string?)entry["pf"] == nic.Address && (int?)entry["vfIndex"] == index)?["resource"]?.GetValue<string>();
        return owners.Any(wish => wish.Policy == "FORCE" && wish.Has(index) && (holder is null || holder == wish.Name));
    }

    // Of several that want a NIC, the one that the agent has recorded; it may not be deleted.
    private string[] OwnersOf(Nic nic) =>
        _run.World.Disk.Look($"{PfLedger}/{nic.Address}") is { } file && JsonNode.Parse(file.Text) is { } claim
            ? [claim["resource"]!.GetValue<string>(), .. claim["others"]?.AsArray().Select(other => other!.GetValue<string>()) ?? []]
            : [];

    // What the agent only looks at it does not record; of two that are at odds about such a NIC it may look for either.
    private bool IsOwned(Nic nic, ResourceWish wish) =>
        wish.IsHandsOff ? !OthersOf(nic, wish).Any() : OwnersOf(nic).Contains(wish.Name, StringComparer.Ordinal);

    private IEnumerable<ResourceWish> OthersOf(Nic nic, ResourceWish wish) =>
        _resources.Values.Where(other => other != wish && other.Selects(nic) && other.IsAtOddsWith(wish));

    // Another attachment that waits for something else keeps its VF.
    private bool IsPromised(string vf, string except) => _run.Truth.PfOf(vf) is { } pf && _run.Truth.Files(Ledger).Any(entry =>
        entry.Name != except && JsonNode.Parse(entry.Text) is { } json && json["pf"]?.GetValue<string>() == pf.Address && _run.Truth.Vf(pf, json["vfIndex"]!.GetValue<int>()) == vf);

    // Whose record CNI has written is known by name, and so is a pod, unless a process that has opened the VF is.
    private string? Users()
    {
        foreach (string name in _resources.Keys)
        {
            foreach (VFResourceStatus vf in Status($"resources/{name}", Resource.Parser)?.Status.SelectMany(pf => pf.Vfs) ?? [])
            {
                Use? use = _run.Uses.All.FirstOrDefault(use => use.Device == vf.Device && use.Record is { } record && _run.World.Disk.Look(record) is not null);
                bool isPod = use is { IsLeased: true } && _run.Uses.All.All(other => other.Device != vf.Device || other.Pid is null);
                if (use is not null && (vf.UsedBy.Length == 0 || vf.UsedBy == "another network namespace" || (isPod && !vf.UsedBy.Contains($"container {use.By} "))))
                    return $"{vf.Device} of {name} is used by {(vf.UsedBy.Length == 0 ? "nobody" : vf.UsedBy)} by its status, and by {use.By} in truth";
            }
        }

        return null;
    }

    private bool IsManagedOverVf(string vf) => _run.DefaultLink is { } link && _run.Truth.Netdev(vf) == link;

    private bool IsManagedOverVf(Nic nic) => _run.IsManagedOver(nic) && _run.DefaultLink != nic.Name;

    // By a container or a process, or by the host, whose default route leads over it.
    private bool IsInUse(string pf) => _run.Uses.All.Any(use => use.Pf == pf) || _run.Truth.Nics.Any(nic => nic.Address == pf && _run.IsManagedOver(nic));

    // A bad message of its own, or a bad document, that is newer than the good one in force.
    private bool IsRefused(string topic) =>
        _run.Wishes.Newest(topic) is { IsValid: false } || _run.Wishes.Newest(Wish.DocumentTopic) is { IsValid: false };

    private IEnumerable<(string Name, string Text)> Conflists() => _run.Truth.Files(AgentSettings.ConflistDirectory);

    private static bool IsOurs(string name) => name.StartsWith("vfagent-", StringComparison.Ordinal);

    private T? Status<T>(string topic, Google.Protobuf.MessageParser<T> parser)
        where T : class, Google.Protobuf.IMessage<T> =>
        _run.Broker.Retained.TryGetValue($"{AgentSettings.HostTopic}status/{topic}", out BrokerMessage? message) ? parser.ParseFrom(message.Payload.Span) : null;

    // Whatever was refused since: what is in force has to be there, or not for a reason of its own.
    private static bool IsInSync(IEnumerable<Condition> conditions) =>
        conditions.Any(condition => condition is { Type: "InSync", Status: Condition.Types.Status.True });

    private static bool SaysRefused(IEnumerable<Condition> conditions) =>
        conditions.Any(condition => condition is { Type: "Accepted", Status: Condition.Types.Status.False });

    private static string Reason(IEnumerable<Condition> conditions) =>
        conditions.FirstOrDefault(condition => condition is { Type: "InSync", Status: Condition.Types.Status.False })?.Reason ?? "";

    private static string Message(IEnumerable<Condition> conditions) =>
        string.Join("; ", conditions.Select(condition => condition.Message).Where(message => message.Length > 0));

    private bool HasVhost() => _run.World.Others.Exists("/dev/vhost-net") && _run.World.Others.Exists("/dev/net/tun");

    private bool HasVhostSpec(ResourceWish wish) => _run.World.Disk.Look($"{AgentSettings.CdiDirectory}/vfagent-vhost-net-{wish.Name}.json") is not null;
}
