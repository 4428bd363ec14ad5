using System.Collections.Immutable;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// The attachments of one pass: each gets its VF (the one it has, the one its conflist already names, else a free one), its conflist
/// and its CDI spec. Files are written only once the VF is ready, so that a runtime never reads a promise.
/// </summary>
internal sealed class AttachmentPlanner(
    DesiredState desired,
    HostSnapshot host,
    Ledger ledger,
    IReadOnlyDictionary<PciAddress, PfPlan> pfs,
    IReadOnlyDictionary<string, ResourcePlan> resources)
{
    private readonly FreeVfs _free = new(desired, host, ledger, pfs);

    // Who would get one now would get it before its VLAN.
    private readonly HashSet<VfId> _unsettled = [.. pfs.Values.SelectMany(pf => pf.Steps).OfType<IVfStep>().Select(step => step.Vf)];
    private Dictionary<PciAddress, VfId>? _vfsByAddress;

    public AttachmentPlan Plan(AttachmentSpec spec)
    {
        ConflistFile? own = host.Conflists.Files.GetValueOrDefault(OwnedFiles.Conflist(spec.Name));
        if (own is null && host.Conflists.ForeignFileOf(spec.Name) is { } foreign)
            return Waiting(spec, null, Reasons.NameTaken, $"the network {spec.Name} is already configured in {foreign}");

        return spec.ResourceName is null ? PlanWithoutResource(spec, own) : PlanWithResource(spec, spec.ResourceName, own);
    }

    /// <summary>What takes an attachment that is no longer asked for off the host.</summary>
    public static AttachmentPlan Removal(string name, HostSnapshot host, Ledger ledger)
    {
        var conflist = new RemoveFile(OwnedFolder.Conflists, OwnedFiles.Conflist(name));
        var cdi = new RemoveFile(OwnedFolder.CdiSpecs, OwnedFiles.VfioSpec(name));
        ImmutableArray<Step> steps =
        [
            .. ledger.Removing(conflist, host.Conflists.Files.ContainsKey(conflist.FileName)),
            .. ledger.Removing(cdi, host.CdiSpecs.ContainsKey(cdi.FileName)),
            new DropAssignment(name),
        ];
        return new AttachmentPlan(name, steps, []);
    }

    private AttachmentPlan PlanWithoutResource(AttachmentSpec spec, ConflistFile? own)
    {
        foreach (PciAddress device in spec.NamedDevices)
        {
            if (VfAt(device) is { } id && _free.HolderOf(id) is { } holder && holder != spec.Name)
                return Waiting(spec, null, Reasons.VfTaken, $"{device} is assigned to network attachment {holder}");
        }

        return Write(spec, new Assignment(spec.Name, null, null), own, ConflistRenderer.Render(spec), cdi: null);
    }

    private AttachmentPlan PlanWithResource(AttachmentSpec spec, string resourceName, ConflistFile? own)
    {
        if (!desired.Resources.TryGetValue(resourceName, out ResourceSpec? resource))
            return Waiting(spec, Held(spec), Reasons.ResourceNotFound, $"there is no resource {resourceName} on this host");

        if (resource.ObserveOnly)
            return Waiting(spec, Held(spec), Reasons.ResourceObserved, $"resource {resourceName} is only observed, so no VF of it is handed out");

        VfId? assigned = Kept(spec, resource) ?? Adopted(spec, own, resourceName) ?? _free.Next(spec.Name, resource, resources[resourceName]) ??
            Missed(spec, resource);
        if (assigned is not { } id)
            return WithoutVf(spec, resource);

        // Its conflist stays: what is in it is right again as soon as the VF is back.
        if (host.Pfs.GetValueOrDefault(id.Pf) is not { } pf || pf.Vf(id.Index) is not { } vf || !IsReady(resource, vf, id) ||
            (Held(spec) != id && _unsettled.Contains(id)))
        {
            return Waiting(spec, id, Reasons.VfsNotReady, $"{id} is not ready");
        }

        string? cdi = resource.IsVfio ? CdiRenderer.Vfio(spec.Name, vf) : null;
        var assignment = new Assignment(spec.Name, resourceName, id);
        if (ConflistRenderer.CanFill(spec, pf, vf))
            return Write(spec, assignment, own, ConflistRenderer.Render(spec, pf, vf), cdi);

        // The VF's interface is in a container, so its name cannot be filled in now; it was when the file was written.
        return own?.Content is { } text && ConflistRenderer.RenderAsIn(text, spec, pf, vf) is { } written
            ? Write(spec, assignment, own, written, cdi)
            : Waiting(spec, id, Reasons.VfsNotReady, $"{id} has no interface here whose name could be filled in");
    }

    private AttachmentPlan Write(AttachmentSpec spec, Assignment assignment, ConflistFile? own, Rendering conflist, string? cdi)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        if (ledger.Attachments.GetValueOrDefault(spec.Name) != assignment)
            steps.Add(new RecordAssignment(assignment));

        string cdiFile = OwnedFiles.VfioSpec(spec.Name);
        string? cdiNow = host.CdiSpecs.GetValueOrDefault(cdiFile);
        if (cdi is not null && cdi != cdiNow)
            steps.Add(new WriteFile(OwnedFolder.CdiSpecs, cdiFile, cdi));
        else if (cdi is null)
            steps.AddRange(ledger.Removing(new RemoveFile(OwnedFolder.CdiSpecs, cdiFile), cdiNow is not null));

        if (own?.Content != conflist.Text)
            steps.Add(new WriteFile(OwnedFolder.Conflists, OwnedFiles.Conflist(spec.Name), conflist.Text));

        string? device = cdi is null ? null : CdiRenderer.VfioDevice(spec.Name);
        return new AttachmentPlan(spec.Name, steps.ToImmutable(), [], assignment.Vf, conflist.Config, device);
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
        host.Pfs.GetValueOrDefault(id.Pf)?.Vf(id.Index) is { } vf && host.Conflists.Names(vf.Address, otherThan: OwnedFiles.Conflist(spec.Name));

    private bool IsOrWillBeThere(VfId vf, ResourceSpec resource) => vf.Index < resource.NumVfs || host.Pfs[vf.Pf].Vf(vf.Index) is not null;

    // A PF whose driver is being reloaded has no driver or no name for a selector to match.
    private bool IsOutOfSight(PciAddress pf) =>
        !pfs.ContainsKey(pf) && !host.IsGone(pf) && host.Pfs.GetValueOrDefault(pf) is not { Driver: not null, Netdev: not null };

    /// <summary>The VF that our conflist of this name already hands out: after the state folder was lost, containers still rely on it.</summary>
    private VfId? Adopted(AttachmentSpec spec, ConflistFile? own, string resource)
    {
        foreach (PciAddress device in own?.Devices ?? [])
        {
            if (VfAt(device) is { } id && resources[resource].Has(id) && !host.Conflists.Names(device, otherThan: own!.FileName) &&
                _free.TryTake(spec.Name, id))
            {
                return id;
            }
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
