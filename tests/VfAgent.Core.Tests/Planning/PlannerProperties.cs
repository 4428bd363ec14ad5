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

    // A VF that is given away was nobody's: not in the ledger, not in a conflist, not in a config that is written in the same pass.
    private static void CheckAssignments(Plan plan, ModelHost host)
    {
        ILookup<PciAddress, string> written = plan.Attachments.Values
            .SelectMany(attachment => attachment.Steps.OfType<WriteFile>().Where(file => file.Folder == OwnedFolder.Conflists))
            .SelectMany(file => PciAddress.FindAll(file.Content), (file, device) => (file, device))
            .ToLookup(pair => pair.device, pair => pair.file.FileName);
        foreach (Assignment assignment in plan.Attachments.Values.SelectMany(a => a.Steps).OfType<RecordAssignment>().Select(step => step.Assignment))
        {
            // One that it has it keeps, also as another resource's, whoever else names it.
            if (assignment.Vf is not { } id || host.Ledger.HolderOf(id) == assignment.Attachment)
                continue;

            PciAddress address = host.Snapshot.Pfs[id.Pf].Vf(id.Index)!.Address;
            string own = OwnedFiles.Conflist(assignment.Attachment);
            Assert.True(host.Ledger.HolderOf(id) is null, $"{id} is taken");
            Assert.False(host.Snapshot.Conflists.Names(address, otherThan: own), $"another conflist names {address}");
            Assert.All(written[address], file => Assert.Equal(own, file));
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
                where !host.Snapshot.Conflists.Names(v.Vf.Address) && !named.Contains(v.Vf.Address)
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
            ConflistFile file = host.Snapshot.Conflists.Files[OwnedFiles.Conflist(attachment.Name)];
            Assert.Equal(ConflistRenderer.ToText(attachment.Config!), file.Content);
            Assert.Equal(host.Ledger.Attachments[attachment.Name].Vf, attachment.Vf);
            Assert.Equal(attachment.CdiDevice is not null, host.Snapshot.CdiSpecs.ContainsKey(OwnedFiles.VfioSpec(attachment.Name)));
        }
    }
}
