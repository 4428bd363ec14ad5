using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// The attachments of one pass: each gets its VF (the one it has, the one its files already name, else a free one) or, as a pool, those that are left,
/// and its files. They are written only once the VF is ready, so that a runtime never reads a promise.
/// </summary>
internal sealed class AttachmentPlanner(
    DesiredState desired,
    HostSnapshot host,
    Ledger ledger,
    IReadOnlyDictionary<PciAddress, PfPlan> pfs,
    IReadOnlyDictionary<string, ResourcePlan> resources)
{
    // Podman makes it in memory while there is no file of that name (containers.conf(5), default_network).
    private const string PodmansDefault = "podman";

    private readonly FreeVfs _free = new(desired, host, ledger, pfs);
    private readonly bool _forCni = host.Backends.HasFlag(NetworkBackends.Cni);
    private readonly bool _forNetavark = host.Backends.HasFlag(NetworkBackends.Netavark);

    // Who would get one now would get it before its VLAN.
    private readonly HashSet<VfId> _unsettled = [.. pfs.Values.SelectMany(pf => pf.Steps).OfType<IVfStep>().Select(step => step.Vf)];
    private Dictionary<PciAddress, VfId>? _vfsByAddress;

    /// <summary>What takes an attachment that is no longer asked for off the host.</summary>
    public static AttachmentPlan Removal(string name, HostSnapshot host, Ledger ledger) =>
        new(name, [.. AttachmentFiles.Bring(name, host, ledger), new DropAssignment(name)], []);

    /// <summary>Attachments get their VFs in the order in which they are planned.</summary>
    public AttachmentPlan Plan(AttachmentSpec spec)
    {
        if (ForeignFileOf(spec.Name) is { } foreign)
            return Waiting(spec, null, Reasons.NameTaken, $"the network {spec.Name} is already configured in {foreign}");
        if (_forNetavark && spec.Name == PodmansDefault)
            return Waiting(spec, null, Reasons.NameTaken, $"{spec.Name} is the network that podman itself gives to containers that name none");
        if (spec.ResourceName is not { } name)
            return PlanWithoutResource(spec);
        if (!desired.Resources.TryGetValue(name, out ResourceSpec? resource))
            return Waiting(spec, Held(spec), Reasons.ResourceNotFound, $"there is no resource {name} on this host");
        if (resource.ObserveOnly)
            return Waiting(spec, Held(spec), Reasons.ResourceObserved, $"resource {name} is only observed, so no VF of it is handed out");

        return spec.IsPool ? PlanPool(spec, resource) : PlanWithVf(spec, resource);
    }

    /// <summary>What an attachment does that waits for something, once all others have got their VFs.</summary>
    public AttachmentPlan WhileWaiting(AttachmentPlan plan) => plan.Steps.IsEmpty ? Settling(Yielding(plan)) : plan;

    // One that came after ours changes nothing for CNI, which takes the first. Podman finds a network by its file's name.
    private string? ForeignFileOf(string name)
    {
        string network = OwnedFiles.PodmanNetwork(name);
        return _forCni && host.Conflists.Own(OwnedFiles.Conflist(name)) is null && host.Conflists.ForeignFileOf(name) is { } conflist ? conflist
            : _forNetavark && host.PodmanNetworks.Files.GetValueOrDefault(network) is { Ours: false } ? network
            : null;
    }

    private AttachmentPlan PlanWithoutResource(AttachmentSpec spec)
    {
        foreach (PciAddress device in spec.NamedDevices)
        {
            if (VfAt(device) is { } id && _free.HolderOf(id) is { } holder && holder != spec.Name)
                return Waiting(spec, null, Reasons.VfTaken, $"{device} is assigned to network attachment {holder}");
            if (StillInPool(spec, null, device) is { } waiting)
                return waiting;
        }

        AttachmentPlan plan = Write(spec, new Assignment(spec.Name, null, null), ConflistRenderer.Render(spec));
        return _forNetavark
            ? plan with { Findings = [new Finding(Reasons.NoCounterpart, "a podman network has nothing like an attachment without a resource")] }
            : plan;
    }

    private AttachmentPlan PlanWithVf(AttachmentSpec spec, ResourceSpec resource)
    {
        VfId? assigned = Kept(spec, resource) ?? Adopted(spec, resource.Name) ?? _free.Next(spec.Name, resource, resources[resource.Name]) ??
            Missed(spec, resource);
        if (assigned is not { } id)
            return WithoutVf(spec, resource);

        // Its files stay: what is in them is right again as soon as the VF is back.
        if (host.Pfs.GetValueOrDefault(id.Pf) is not { } pf || pf.Vf(id.Index) is not { } vf || !IsReady(resource, vf, id) ||
            (Held(spec) != id && _unsettled.Contains(id)))
        {
            return Waiting(spec, id, Reasons.VfsNotReady, $"{id} is not ready");
        }

        if (Held(spec) != id && StillInPool(spec, id, vf.Address) is { } waiting)
            return waiting;

        Rendering? conflist = ConflistRenderer.Render(spec, pf, vf);
        PodmanNetwork network = PodmanNetworkRenderer.Render(spec, resource, conflist, [vf.Address]);
        if (_forCni && !ConflistRenderer.CanFill(spec, pf, vf))
        {
            // The VF's interface is in a container, so its name cannot be filled in now; it was when the file was written.
            string? written = host.Conflists.Own(OwnedFiles.Conflist(spec.Name))?.Content;
            conflist = written is null ? null : ConflistRenderer.RenderAsIn(written, spec, pf, vf);
            if (conflist is null)
                return Waiting(spec, id, Reasons.VfsNotReady, $"{id} has no interface here whose name could be filled in");
        }

        string? cdi = resource.IsVfio ? CdiRenderer.Vfio(spec.Name, vf) : null;
        return Write(spec, new Assignment(spec.Name, resource.Name, id), conflist, network, cdi);
    }

    /// <summary>Before a VF is a network's own, no pool may give it to a container any more.</summary>
    private AttachmentPlan? StillInPool(AttachmentSpec spec, VfId? vf, PciAddress device) => _free.Named.PoolWith(device, spec.Name) is { } pool
        ? Waiting(spec, vf, Reasons.VfsNotReady, $"{vf?.ToString() ?? device.ToString()} is still in {pool}")
        : null;

    private AttachmentPlan PlanPool(AttachmentSpec spec, ResourceSpec resource)
    {
        // Podman asks for a CDI device before it asks for a network.
        if (resource.IsVfio)
        {
            string text = $"DYNAMIC needs VFs with their kernel driver, and those of resource {resource.Name} are for vfio-pci";
            return Waiting(spec, Held(spec), Reasons.PoolUnsupported, text);
        }

        ResourcePlan plan = resources[resource.Name];
        PciAddress[] listed = [.. NamedVfs.Own(spec.Name, host).SelectMany(file => file.Devices)];
        ImmutableArray<PciAddress> vfs =
        [
            .. from pf in plan.ManagedPfs
               from vf in host.Pfs[pf].Vfs
               let id = new VfId(pf, vf.Index)
               where plan.IsAbout(id) && _free.IsLeftFor(spec.Name, id, vf) &&
                   (listed.Contains(vf.Address) || (IsReady(resource, vf, id) && !_unsettled.Contains(id)))
               select vf.Address,
        ];
        if (vfs.IsEmpty)
            return WithoutVf(spec, resource);

        PodmanNetwork network = PodmanNetworkRenderer.Render(spec, resource, ConflistRenderer.Render(spec), vfs);
        Rendering? conflist = _forCni ? ConflistRenderer.RenderPool(spec, vfs) : null;
        return Write(spec, new Assignment(spec.Name, resource.Name, null), conflist, network);
    }

    /// <summary>A pool that waits for something keeps its files, but not the VFs that others are to have.</summary>
    private AttachmentPlan Yielding(AttachmentPlan plan)
    {
        return plan with
        {
            Steps =
            [
                .. Yield(OwnedFolder.Conflists, host.Conflists.Own(OwnedFiles.Conflist(plan.Name)), ConflistRenderer.WithVfs),
                .. Yield(OwnedFolder.PodmanNetworks, host.PodmanNetworks.Own(OwnedFiles.PodmanNetwork(plan.Name)), PodmanNetworkRenderer.WithVfs),
            ],
        };

        IEnumerable<Step> Yield(OwnedFolder folder, NetworkFile? file, Func<string, IEnumerable<PciAddress>, string> with)
        {
            if (file is not { Content: { } text } || !_free.Named.IsPool(file))
                yield break;

            PciAddress[] left = [.. file.Devices.Where(device => _free.IsLeftFor(plan.Name, VfAt(device), device))];
            if (left.Length < file.Devices.Length)
                yield return new WriteFile(folder, file.FileName, with(text, left));
        }
    }

    /// <summary>
    /// What waits for something is written down for good after a record of it has failed: a VF that it may have is nobody else's until then.
    /// </summary>
    private AttachmentPlan Settling(AttachmentPlan plan)
    {
        if (!plan.Steps.IsEmpty || ledger.Attachments.GetValueOrDefault(plan.Name) is not { IsDoubtful: true } entry)
            return plan;

        IEnumerable<VfId?> named = NamedVfs.Own(plan.Name, host).SelectMany(file => file.Devices).Select(VfAt);
        VfId? has = entry.Vf ?? named.FirstOrDefault(vf => vf == entry.MayHave);
        return plan with { Steps = [new RecordAssignment(new Assignment(plan.Name, entry.Resource, has))] };
    }

    private AttachmentPlan Write(AttachmentSpec spec, Assignment assignment, Rendering? conflist, PodmanNetwork? network = null, string? cdi = null)
    {
        IEnumerable<Step> record = ledger.Attachments.GetValueOrDefault(spec.Name) == assignment ? [] : [new RecordAssignment(assignment)];
        IEnumerable<Step> files = AttachmentFiles.Bring(
            spec.Name, host, ledger, cdi, _forCni ? conflist?.Text : null, _forNetavark ? network?.Text : null);
        ImmutableArray<Finding> findings = _forNetavark && network is not null ? network.Findings : [];
        string? device = cdi is null ? null : CdiRenderer.VfioDevice(spec.Name);
        return new AttachmentPlan(spec.Name, [.. record, .. files], findings, assignment.Vf, conflist?.Config, device);
    }

    /// <summary>The VF it has, as long as it is this resource's or may be again; it may have got it as another's.</summary>
    private VfId? Kept(AttachmentSpec spec, ResourceSpec resource)
    {
        Assignment? entry = ledger.Attachments.GetValueOrDefault(spec.Name);
        foreach (VfId vf in entry?.Vfs ?? [])
        {
            // What it may have by a record that has failed is not its against others.
            if (vf != entry!.Vf && IsNamedByOthers(vf, spec))
                continue;
            if (IsManagedBy(vf.Pf, resource.Name)
                ? resources[resource.Name].IsAbout(vf) && IsOrWillBeThere(vf, resource)
                : entry.Resource == resource.Name && IsOutOfSight(vf.Pf))
            {
                return vf;
            }
        }

        return null;
    }

    /// <summary>The VF that it had on a NIC that is gone, pulled out or in another slot since a reboot: that may come back, and nothing is free.</summary>
    private VfId? Missed(AttachmentSpec spec, ResourceSpec resource) =>
        ledger.Attachments.GetValueOrDefault(spec.Name) is { Vf: { } vf } entry && entry.Resource == resource.Name && host.IsGone(vf.Pf)
            ? vf
            : null;

    private bool IsNamedByOthers(VfId id, AttachmentSpec spec) =>
        host.Pfs.GetValueOrDefault(id.Pf)?.Vf(id.Index) is { } vf && _free.Named.Has(vf.Address, otherThan: spec.Name);

    private bool IsOrWillBeThere(VfId vf, ResourceSpec resource) => vf.Index < resource.NumVfs || host.Pfs[vf.Pf].Vf(vf.Index) is not null;

    // A PF whose driver is being reloaded has no driver or no name for a selector to match.
    private bool IsOutOfSight(PciAddress pf) =>
        !pfs.ContainsKey(pf) && !host.IsGone(pf) && host.Pfs.GetValueOrDefault(pf) is not { Driver: not null, Netdev: not null };

    /// <summary>The VF that our files of this name already hand out: after the state folder was lost, containers still rely on it.</summary>
    private VfId? Adopted(AttachmentSpec spec, string resource)
    {
        // What a pool had is nobody's more than another's.
        foreach (PciAddress device in NamedVfs.Own(spec.Name, host).Where(file => !file.IsPool).SelectMany(file => file.Devices))
        {
            if (VfAt(device) is { } id && resources[resource].Has(id) && !_free.Named.Has(device, otherThan: spec.Name) && _free.TryTake(spec.Name, id))
                return id;
        }

        return null;
    }

    private VfId? Held(AttachmentSpec spec) => ledger.Attachments.GetValueOrDefault(spec.Name)?.Vf;

    private bool IsManagedBy(PciAddress pf, string resource) => pfs.GetValueOrDefault(pf)?.IsOf(resource) == true;

    // A VF that a container uses is ready: its interface is away because it works.
    private bool IsReady(ResourceSpec resource, VirtualFunction vf, VfId id) => resource.IsVfio
        ? vf is { OnVfio: true, IommuGroup: not null }
        : vf is { OnVfio: false, Driver: not null } && (vf.Netdev is not null || !host.Awaited.Contains(id));

    private AttachmentPlan WithoutVf(AttachmentSpec spec, ResourceSpec resource)
    {
        ResourcePlan plan = resources[resource.Name];
        PfPlan[] own = [.. plan.ManagedPfs.Select(pf => pfs[pf])];
        bool complete = own.Length > 0 && own.All(pf =>
            pf.Steps.All(step => step is IVfStep { Vf: var vf } && !plan.IsAbout(vf)) && host.Pfs[pf.Pf].Vfs.Length == resource.NumVfs &&
            host.Pfs[pf.Pf].Vfs.All(vf => new VfId(pf.Pf, vf.Index) is var id && (!plan.IsAbout(id) || IsReady(resource, vf, id))));
        return complete
            ? Waiting(
                spec, null, Reasons.NoFreeVf,
                $"every VF of resource {resource.Name} is taken ({own.Sum(pf => resource.VfsOf(host.Pfs[pf.Pf])?.Count ?? 0)} in all)")
            : Waiting(spec, null, Reasons.VfsNotReady, $"resource {resource.Name} has no VF ready yet");
    }

    private static AttachmentPlan Waiting(AttachmentSpec spec, VfId? vf, Reason reason, string message) =>
        new(spec.Name, [], [new Finding(reason, message)], vf);

    // Only needed where a config or a file names a device, so it is made when first asked for. PFs are read one after the other, so
    // an address that passed from one's VF to another's may be seen at both.
    private VfId? VfAt(PciAddress device)
    {
        _vfsByAddress ??= host.Pfs.Values
            .SelectMany(pf => pf.Vfs, (pf, vf) => (vf.Address, Id: new VfId(pf.Address, vf.Index)))
            .DistinctBy(pair => pair.Address)
            .ToDictionary(pair => pair.Address, pair => pair.Id);
        return _vfsByAddress.TryGetValue(device, out VfId id) ? id : null;
    }
}
