using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Core.Tests.Planning.Model;

namespace VfAgent.Core.Tests.Planning;

/// <summary>What holds for every plan, whatever is asked and whatever happens. A failing seed replays.</summary>
public sealed class PlannerProperties
{
    private const int Rounds = 20;

    // numvfs; netdevs; drivers; assignments and files; a VF that was let go is given on.
    private const int MostPasses = 6;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 300)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_story_comes_to_rest(int seed)
    {
        var story = new RandomStory(seed);
        ModelHost host = story.NewHost();
        for (int round = 0; round < Rounds; round++)
        {
            DesiredState desired = story.NewDesired();
            ComeToRest(host, desired);
            story.Disturb(host);
            ComeToRest(host, desired);
        }
    }

    private static void ComeToRest(ModelHost host, DesiredState desired)
    {
        Plan plan = Planner.Plan(desired, host.Snapshot, host.Ledger);
        for (int pass = 0; !plan.IsEmpty; pass++)
        {
            Assert.True(pass < MostPasses, $"It does not come to rest:\n{PlanText.Of(plan)}");
            CheckPfs(plan, desired, host);
            CheckAssignments(plan, host);
            host.Take(plan);
            host.Settle();
            plan = Planner.Plan(desired, host.Snapshot, host.Ledger);
        }

        CheckNobodyWaitsForNothing(plan, desired, host);
        CheckFiles(plan, desired, host);
        CheckPools(plan, desired, host);
        Assert.All(host.Snapshot.Pfs.Values, pf => Assert.True(pf.DriversAutoprobe));
        Assert.All(host.Ledger.Pfs.Values, claim => Assert.False(claim.OwesAutoprobe && host.Snapshot.Pfs.ContainsKey(claim.Pf)));
    }

    // A PF that the config does not name, or did, is never touched, and one VF has one resource.
    private static void CheckPfs(Plan plan, DesiredState desired, ModelHost host)
    {
        foreach (PfPlan pf in plan.Pfs.Values)
        {
            Assert.All(pf.Resources, name => Assert.True(desired.Resources.TryGetValue(name, out ResourceSpec? spec)
                ? spec.Selector.Matches(host.Snapshot.Pfs[pf.Pf])
                : host.Ledger.Pfs[pf.Pf].Resource == name));
        }
    }

    // A VF that is given away was nobody's: not in the ledger, not in a network on disk, not in one that is written in the same pass.
    private static void CheckAssignments(Plan plan, ModelHost host)
    {
        ILookup<PciAddress, string> written = plan.Attachments.Values
            .SelectMany(attachment => attachment.Steps.OfType<WriteFile>().Where(file => file.Folder != OwnedFolder.CdiSpecs), (a, file) => (a.Name, file))
            .SelectMany(write => PciAddress.FindAll(write.file.Content), (write, device) => (write.Name, device))
            .ToLookup(pair => pair.device, pair => pair.Name);
        foreach (Assignment assignment in plan.Attachments.Values.SelectMany(a => a.Steps).OfType<RecordAssignment>().Select(step => step.Assignment))
        {
            // One that it has it keeps, also as another resource's, whoever else names it.
            if (assignment.Vf is not { } id || host.Ledger.HolderOf(id) == assignment.Attachment)
                continue;

            PciAddress address = host.Snapshot.Pfs[id.Pf].Vf(id.Index)!.Address;
            Assert.True(host.Ledger.HolderOf(id) is null, $"{id} is taken");
            Assert.All(host.Snapshot.Conflists.FilesNaming(address), file => Assert.Equal(OwnedFiles.Conflist(assignment.Attachment), file));
            Assert.All(host.Snapshot.PodmanNetworks.FilesNaming(address), file => Assert.Equal(OwnedFiles.PodmanNetwork(assignment.Attachment), file));
            Assert.All(written[address], attachment => Assert.Equal(assignment.Attachment, attachment));
        }
    }

    // A pool hands out nothing that a network has for itself, and at rest everything else that its resource has.
    private static void CheckPools(Plan plan, DesiredState desired, ModelHost host)
    {
        foreach (AttachmentSpec pool in desired.Attachments.Values.Where(attachment => attachment.IsPool))
        {
            // One that waits may have its files from when it was none.
            NetworkFile? network = host.Snapshot.PodmanNetworks.Own(OwnedFiles.PodmanNetwork(pool.Name));
            NetworkFile? conflist = host.Snapshot.Conflists.Own(OwnedFiles.Conflist(pool.Name));
            if ((network ?? (conflist is { IsPool: true } ? conflist : null)) is not { } file)
                continue;

            Assert.All(
                host.Vfs.Where(v => file.Devices.Contains(v.Vf.Address)),
                v => Assert.Contains(host.Ledger.HolderOf(new VfId(v.Pf.Address, v.Vf.Index)), (string?[])[null, pool.Name]));
            Assert.DoesNotContain(
                host.Snapshot.Conflists.Files.Values.Where(other => other.FileName != OwnedFiles.Conflist(pool.Name) && !other.IsPool),
                other => other.Devices.Intersect(file.Devices).Any());
            if (!plan.Attachments[pool.Name].Findings.IsEmpty)
                continue;

            HashSet<PciAddress> named = [.. desired.Attachments.Values.Where(a => a.ResourceName is null).SelectMany(a => a.NamedDevices)];
            Assert.Empty(
                from v in host.Vfs
                let id = new VfId(v.Pf.Address, v.Vf.Index)
                where plan.Resources[pool.ResourceName!].Has(id) && v.Vf.Netdev is not null
                where host.Ledger.HolderOf(id) is null && !named.Contains(v.Vf.Address) && plan.Attachments.Values.All(a => a.Vf != id)
                where !file.Devices.Contains(v.Vf.Address) && !host.IsNamed(v.Vf.Address, desired)
                select $"{pool.Name} leaves out {v.Vf.Address}");
        }
    }

    // Of a resource whose attachments wait for a VF there is none left to give.
    private static void CheckNobodyWaitsForNothing(Plan plan, DesiredState desired, ModelHost host)
    {
        HashSet<PciAddress> named = [.. desired.Attachments.Values.Where(a => a.ResourceName is null).SelectMany(a => a.NamedDevices)];
        HashSet<VfId> taken =
            [.. plan.Attachments.Values.Select(a => a.Vf).OfType<VfId>(), .. host.Ledger.Attachments.Values.Select(a => a.Vf).OfType<VfId>()];
        foreach (AttachmentPlan attachment in plan.Attachments.Values)
        {
            if (attachment.Vf is not null || !attachment.Findings.Any(f => f.Reason == Reasons.NoFreeVf || f.Reason == Reasons.VfsNotReady))
                continue;

            ResourceSpec resource = desired.Resources[desired.Attachments[attachment.Name].ResourceName!];
            Assert.Empty(
                from v in host.Vfs
                where plan.Resources[resource.Name].Has(new VfId(v.Pf.Address, v.Vf.Index))
                where resource.IsVfio ? v.Vf.OnVfio : v.Vf.Netdev is not null
                where !host.IsNamed(v.Vf.Address, desired) && !named.Contains(v.Vf.Address)
                where !taken.Contains(new VfId(v.Pf.Address, v.Vf.Index))
                select $"{attachment.Name} waits and {v.Vf.Address} is free");
        }
    }

    // At rest, an attachment that nothing is said about has the files that it should have, and one that is gone has none.
    private static void CheckFiles(Plan plan, DesiredState desired, ModelHost host)
    {
        Assert.Equal(plan.Attachments.Keys.Order(StringComparer.Ordinal), desired.Attachments.Keys);
        foreach (AttachmentPlan attachment in plan.Attachments.Values.Where(attachment => attachment.Findings.IsEmpty))
        {
            NetworkFile? conflist = host.Snapshot.Conflists.Files.GetValueOrDefault(OwnedFiles.Conflist(attachment.Name));
            bool isPool = desired.Attachments[attachment.Name].IsPool;
            Assert.Equal(host.Snapshot.Backends.HasFlag(NetworkBackends.Cni), conflist is not null);
            if (conflist is not null)
                Assert.Equal(ConflistRenderer.ToText(attachment.Config!), conflist.Content);
            NetworkFile? network = host.Snapshot.PodmanNetworks.Own(OwnedFiles.PodmanNetwork(attachment.Name));
            Assert.Equal(host.Snapshot.Backends.HasFlag(NetworkBackends.Netavark), network is not null);
            if (network is not null && !isPool)
                Assert.Equal([host.Snapshot.Pfs[attachment.Vf!.Value.Pf].Vf(attachment.Vf.Value.Index)!.Address], network.Devices);
            Assert.Equal(host.Ledger.Attachments[attachment.Name].Vf, attachment.Vf);
            Assert.Equal(attachment.CdiDevice is not null, host.Snapshot.CdiSpecs.ContainsKey(OwnedFiles.VfioSpec(attachment.Name)));
        }
    }
}
