using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning.Model;

/// <summary>
/// A host as the planner sees it, on which steps have their effect at once, but for netdevs, which come when the pass is over. Refuses
/// what a kernel refuses, and every step for a value that holds already.
/// </summary>
internal sealed class ModelHost(bool autoprobe, bool iommu)
{
    private int _nextGroup = 1;

    public bool HasIommu => iommu;

    /// <summary>New VFs get their driver from the kernel at once (sriov_drivers_autoprobe).</summary>
    public bool Autoprobes => autoprobe;

    public HostSnapshot Snapshot { get; set; } = HostSnapshot.Empty;

    public Ledger Ledger { get; set; } = Ledger.Empty;

    public IEnumerable<(PhysicalFunction Pf, VirtualFunction Vf)> Vfs => Snapshot.Pfs.Values.SelectMany(pf => pf.Vfs, (pf, vf) => (pf, vf));

    /// <summary>Takes all steps of a plan, records of assignments before files, as the agent does.</summary>
    public void Take(Plan plan)
    {
        HostFeatures planned = Snapshot.Features;
        foreach (Step step in plan.Pfs.Values.SelectMany(pf => pf.Steps).Concat(plan.Resources.Values.SelectMany(resource => resource.Steps)))
            Take(step, planned);
        foreach (Step step in plan.Attachments.Values.SelectMany(attachment => attachment.Steps).OrderByDescending(step => step is RecordAssignment))
            Take(step, planned);
    }

    /// <summary>The netdevs that were on their way are there.</summary>
    public void Settle()
    {
        foreach (VfId id in Snapshot.Awaited)
        {
            if (Snapshot.Pfs.GetValueOrDefault(id.Pf)?.Vf(id.Index) is { NetdevAway: true })
                ChangeVf(id, vf => vf with { Netdev = NetdevOf(id) });
        }

        Snapshot = Snapshot with { Awaited = [] };
    }

    public void ChangePf(PciAddress address, Func<PhysicalFunction, PhysicalFunction> change) =>
        Snapshot = Snapshot with { Pfs = Snapshot.Pfs.SetItem(address, change(Snapshot.Pfs[address])) };

    public void ChangeVf(VfId id, Func<VirtualFunction, VirtualFunction> change) =>
        ChangePf(id.Pf, pf => pf with { Vfs = [.. pf.Vfs.Select(vf => vf.Index == id.Index ? change(vf) : vf)] });

    public void MakeVfs(PciAddress address, int count)
    {
        ChangePf(address, pf => pf with { NumVfs = count, Vfs = [.. Enumerable.Range(0, count).Select(index => NewVf(address, index))] });
        Await([.. Enumerable.Range(0, count).Select(index => new VfId(address, index))]);
    }

    public void PutNetwork(OwnedFolder folder, string name, JsonNode content) =>
        SetNetworks(folder, NetworksIn(folder).Files.SetItem(name, ObservedFile.Network(folder, name, content)));

    public void RemoveNetwork(OwnedFolder folder, string name) => SetNetworks(folder, NetworksIn(folder).Files.Remove(name));

    private NetworkFolder NetworksIn(OwnedFolder folder) => folder == OwnedFolder.Conflists ? Snapshot.Conflists : Snapshot.PodmanNetworks;

    private void SetNetworks(OwnedFolder folder, ImmutableSortedDictionary<string, NetworkFile> files) => Snapshot = folder == OwnedFolder.Conflists
        ? Snapshot with { Conflists = new NetworkFolder(default, files) }
        : Snapshot with { PodmanNetworks = new NetworkFolder(default, files) };

    /// <summary>Whether a network on disk has the VF for itself, as a pool has none.</summary>
    public bool IsNamed(PciAddress vf, DesiredState desired)
    {
        return Snapshot.Conflists.FilesNaming(vf).Any(file => !(Snapshot.Conflists.Files[file].IsPool && Wanted(OwnedFiles.Conflist, file) is not null)) ||
            Snapshot.PodmanNetworks.FilesNaming(vf).Any(file =>
                Snapshot.PodmanNetworks.Own(file) is not { } own || Wanted(OwnedFiles.PodmanNetwork, file) is not { } attachment ||
                !(own.IsPool || attachment.IsPool));

        AttachmentSpec? Wanted(Func<string, string> named, string file) => desired.Attachments.Values.FirstOrDefault(a => named(a.Name) == file);
    }

    public static NetDevice NetdevOf(VfId id) => new($"v{id.Index}of{id.Pf.ToString()[5..7]}", id.Index, "", 1500, "up");

    private void Take(Step step, HostFeatures planned)
    {
        switch (step)
        {
            case SetMtu s:
                Assert.NotEqual(s.Mtu, Snapshot.Pfs[s.Pf].Netdev!.Mtu);
                ChangePf(s.Pf, pf => pf with { Netdev = pf.Netdev! with { Mtu = s.Mtu } });
                break;
            case SetLinkUp s:
                Assert.False(Snapshot.Pfs[s.Pf].Netdev!.Up);
                ChangePf(s.Pf, pf => pf with { Netdev = pf.Netdev! with { Up = true } });
                break;
            case SetNumVfs s:
                SetNumVfs(Snapshot.Pfs[s.Pf], s.NumVfs);
                break;
            case SetAutoprobe s:
                Assert.NotEqual(s.On, Snapshot.Pfs[s.Pf].DriversAutoprobe);
                ChangePf(s.Pf, pf => pf with { DriversAutoprobe = s.On });
                break;
            case SetDriverOverride s:
                Assert.NotEqual(s.Driver, Vf(s.Vf).DriverOverride);
                ChangeVf(s.Vf, vf => vf with { DriverOverride = s.Driver });
                break;
            case UnbindDriver s:
                Assert.Equal(s.Driver, Vf(s.Vf).Driver);
                Assert.Null(VfUse.Of(Vf(s.Vf), s.Vf, Snapshot));
                ChangeVf(s.Vf, vf => vf with
                {
                    Driver = null,
                    Netdev = null,
                    IommuGroup = vf.IommuGroup is { NoIommu: true } ? null : vf.IommuGroup,
                });
                break;
            case ProbeDriver s:
                Assert.Null(Vf(s.Vf).Driver);
                ChangeVf(s.Vf, Probed);
                Await([s.Vf]);
                break;
            case LoadModule s:
                // Of two that need a module each plans to load it, which is no error.
                Assert.NotEqual(planned, With(planned, s.Module));
                Snapshot = Snapshot with { Features = With(Snapshot.Features, s.Module) };
                break;
            case WriteFile or RemoveFile:
                TakeFile(step);
                break;
            default:
                TakeRecord(step);
                break;
        }
    }

    private void SetNumVfs(PhysicalFunction pf, int count)
    {
        Assert.NotEqual(count, pf.NumVfs);
        Assert.True(count == 0 || pf.NumVfs == 0, "EBUSY");
        Assert.InRange(count, 0, pf.TotalVfs);
        Assert.False(count > 0 && pf is { Driver: "bnxt_en", Netdev.Up: false }, "bnxt_en makes no VFs while its PF is down");
        Assert.Empty(VfUse.Of(pf, Snapshot));
        MakeVfs(pf.Address, count);
    }

    private void TakeFile(Step step)
    {
        switch (step)
        {
            case WriteFile { Folder: not OwnedFolder.CdiSpecs } s:
                NetworkFile? now = NetworksIn(s.Folder).Files.GetValueOrDefault(s.FileName);
                Assert.True(now?.Ours ?? (s.Folder == OwnedFolder.PodmanNetworks || OwnedFiles.IsOurs(s.FileName)));
                Assert.NotEqual(s.Content, now?.Content);
                PutNetwork(s.Folder, s.FileName, JsonNode.Parse(s.Content)!);
                break;
            case RemoveFile { Folder: not OwnedFolder.CdiSpecs } s:
                Assert.True(NetworksIn(s.Folder).Files[s.FileName].Ours);
                RemoveNetwork(s.Folder, s.FileName);
                break;
            case WriteFile s:
                Assert.NotEqual(s.Content, Snapshot.CdiSpecs.GetValueOrDefault(s.FileName));
                Snapshot = Snapshot with { CdiSpecs = Snapshot.CdiSpecs.SetItem(s.FileName, s.Content) };
                break;
            case RemoveFile s:
                Assert.True(Snapshot.CdiSpecs.ContainsKey(s.FileName));
                Snapshot = Snapshot with { CdiSpecs = Snapshot.CdiSpecs.Remove(s.FileName) };
                break;
        }
    }

    private void TakeRecord(Step step)
    {
        Ledger before = Ledger;
        Ledger = step switch
        {
            ClaimPf s => Ledger.With(s.Claim),
            ReleasePf s => Ledger.Without(s.Pf),
            RecordResource s => Ledger.WithResource(s.Resource),
            DropResource s => Ledger.WithoutResource(s.Resource),
            RecordAssignment s => Ledger.With(s.Assignment),
            DropAssignment s => Ledger.WithoutAttachment(s.Attachment),
            _ => throw new ArgumentException($"{step} is not known", nameof(step)),
        };

        Assert.False(
            Ledger.Pfs.SequenceEqual(before.Pfs) && Ledger.Resources.SetEquals(before.Resources) &&
            Ledger.Attachments.SequenceEqual(before.Attachments),
            $"{step}: it is recorded already");
    }

    private VirtualFunction Vf(VfId id) => Snapshot.Pfs[id.Pf].Vf(id.Index)!;

    private VirtualFunction NewVf(PciAddress pf, int index)
    {
        var address = PciAddress.Parse($"{pf.ToString()[..8]}{0x10 + (index / 8):x2}.{index % 8}");
        var vf = new VirtualFunction(index, address, "8086", "10ca", null, null, null, iommu ? new IommuGroup(_nextGroup++) : null);
        return autoprobe && Snapshot.Pfs[pf].DriversAutoprobe ? Probed(vf) : vf;
    }

    private VirtualFunction Probed(VirtualFunction vf) => vf switch
    {
        { DriverOverride: null } => vf with { Driver = "igbvf" },
        { IommuGroup: null } when Snapshot.Features is { VfioPci: true, NoIommu: true } =>
            vf with { Driver = vf.DriverOverride, IommuGroup = new IommuGroup(_nextGroup++, NoIommu: true) },
        { IommuGroup: not null } when Snapshot.Features.VfioPci => vf with { Driver = vf.DriverOverride },
        _ => vf,
    };

    // What the agent notes and what of it is over, as its loop does.
    private void Await(ImmutableArray<VfId> ids)
    {
        ImmutableHashSet<VfId> awaited = Snapshot.Awaited.Union(ids);
        IEnumerable<VfId> there = awaited.Where(id => Snapshot.Pfs.GetValueOrDefault(id.Pf)?.Vf(id.Index) is not { NetdevAway: true });
        Snapshot = Snapshot with { Awaited = awaited.Except(there) };
    }

    private static HostFeatures With(HostFeatures features, string module) => module switch
    {
        "vfio_pci" => features with { VfioPci = true },
        "vhost_net" => features with { VhostNet = true },
        "tun" => features with { Tun = true },
        _ => throw new ArgumentException($"{module} is not known", nameof(module)),
    };
}
