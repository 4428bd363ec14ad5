using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>Records whose last sync has failed: they may be on disk as they were, or as they were to be.</summary>
public sealed class DoubtfulRecordTests
{
    [Fact]
    public void The_doubtful_VF_is_the_attachments_when_the_other_one_is_no_longer_its_resources()
    {
        AttachmentSpec attachment = Some.Attachment("""{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}""");
        ResourceSpec resource = Some.Resource with { NumVfs = 1 };
        PhysicalFunction pf = Some.Pf with { Vfs = [Some.Vf with { Index = 0 }] };
        PhysicalFunction former = pf with
        {
            Address = PciAddress.Parse("0000:01:00.0"),
            Netdev = pf.Netdev! with { Name = "eth2", IfIndex = 2 },
            NumVfs = 0,
            Vfs = [],
        };
        DesiredState desired = DesiredState.Empty with
        {
            Resources = DesiredState.Empty.Resources.Add(resource.Name, resource),
            Attachments = DesiredState.Empty.Attachments.Add(attachment.Name, attachment),
        };
        HostSnapshot host = HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(pf.Address, pf).Add(former.Address, former) };
        VfId doubtful = new(pf.Address, 0);
        Ledger ledger = Ledger.Empty
            .With(new PfClaim(pf.Address, resource.Name, 0, 1500))
            .With(new Assignment(attachment.Name, resource.Name, new VfId(former.Address, 0)))
            .AfterFailed(new RecordAssignment(new Assignment(attachment.Name, resource.Name, doubtful)));

        AttachmentPlan plan = Planner.Plan(desired, host, ledger).Attachments[attachment.Name];

        Assert.Equal(doubtful, plan.Vf);
        Assert.Empty(plan.Findings);
    }

    [Fact]
    public void A_claim_whose_removal_has_failed_is_written_again_when_it_is_wanted_again()
    {
        var claim = new PfClaim(Some.Pf.Address, Some.Resource.Name, 0, 1500);
        Ledger known = Ledger.Empty.With(claim);

        Assert.DoesNotContain(Plan(known).Pfs[Some.Pf.Address].Steps, step => step is ClaimPf);
        Assert.Equal(new ClaimPf(claim), Plan(known.AfterFailed(new ReleasePf(Some.Pf.Address))).Pfs[Some.Pf.Address].Steps[0]);
    }

    [Fact]
    public void A_first_claim_that_has_failed_is_removed_when_it_is_not_wanted_any_more_and_nothing_else_is_done()
    {
        Ledger doubtful = Ledger.Empty.AfterFailed(new ClaimPf(new PfClaim(Some.Pf.Address, Some.Resource.Name, 0, 1500)));

        Plan plan = Planner.Plan(DesiredState.Empty, Host, doubtful);

        Assert.Equal([new ReleasePf(Some.Pf.Address)], plan.Pfs[Some.Pf.Address].Steps);
        Assert.Empty(Planner.Plan(DesiredState.Empty, Host, doubtful.After(plan.Pfs[Some.Pf.Address].Steps[0])).Pfs);
    }

    [Fact]
    public void A_resource_s_record_that_has_failed_is_removed_when_its_spec_is_not_wanted_any_more()
    {
        Ledger doubtful = Ledger.Empty.AfterFailed(new RecordResource(Some.Resource.Name));

        Assert.Equal([new DropResource(Some.Resource.Name)], Plan(doubtful).Resources[Some.Resource.Name].Steps);
        Assert.Equal([new DropResource(Some.Resource.Name)], Planner.Plan(DesiredState.Empty, Host, doubtful).Resources[Some.Resource.Name].Steps);
    }

    [Fact]
    public void A_file_whose_removal_has_failed_is_removed_again_though_it_is_not_seen_any_more()
    {
        var conflist = new RemoveFile(OwnedFolder.Conflists, "vfagent-a.conflist");
        Ledger doubtful = Ledger.Empty.With(new Assignment("a", Some.Resource.Name, null)).AfterFailed(conflist);

        Assert.Equal([conflist, new DropAssignment("a")], Planner.Plan(DesiredState.Empty, Host, doubtful).Attachments["a"].Steps);
        Assert.Equal([new DropAssignment("a")], Planner.Plan(DesiredState.Empty, Host, doubtful.After(conflist)).Attachments["a"].Steps);
    }

    [Fact]
    public void A_VF_whose_record_has_failed_is_free_again_once_the_attachment_wants_another_resource_s()
    {
        AttachmentSpec spec = Some.Attachment("""{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}""") with { ResourceName = "elsewhere" };
        DesiredState desired = DesiredState.Empty with { Attachments = DesiredState.Empty.Attachments.Add(spec.Name, spec) };
        var vf = new VfId(Some.Pf.Address, 0);
        Ledger doubtful = Ledger.Empty.AfterFailed(new RecordAssignment(new Assignment(spec.Name, Some.Resource.Name, vf)));
        Assert.Equal(spec.Name, doubtful.HolderOf(vf));

        Step step = Assert.Single(Planner.Plan(desired, Host, doubtful).Attachments[spec.Name].Steps);

        Ledger settled = doubtful.After(step);
        Assert.Null(settled.HolderOf(vf));
        Assert.Empty(Planner.Plan(desired, Host, settled).Attachments[spec.Name].Steps);
    }

    [Fact]
    public void A_record_without_a_VF_that_has_failed_is_removed_when_the_attachment_is_not_wanted_any_more()
    {
        Ledger doubtful = Ledger.Empty.AfterFailed(new RecordAssignment(new Assignment("a", Some.Resource.Name, null)));

        Assert.Equal([new DropAssignment("a")], Planner.Plan(DesiredState.Empty, Host, doubtful).Attachments["a"].Steps);
        Assert.Empty(Planner.Plan(DesiredState.Empty, Host, doubtful.After(new DropAssignment("a"))).Attachments);
    }

    [Fact]
    public void A_record_without_a_VF_whose_removal_has_failed_is_written_again_when_the_attachment_is_wanted_again()
    {
        AttachmentSpec spec = Some.Attachment("""{"cniVersion":"1.0.0","plugins":[{"type":"bridge"}]}""") with { ResourceName = null };
        DesiredState desired = DesiredState.Empty with { Attachments = DesiredState.Empty.Attachments.Add(spec.Name, spec) };
        var record = new RecordAssignment(new Assignment(spec.Name, null, null));
        Ledger known = Ledger.Empty.After(record);

        Assert.DoesNotContain(record, Planner.Plan(desired, Host, known).Attachments[spec.Name].Steps);
        Assert.Equal(record, Planner.Plan(desired, Host, known.AfterFailed(new DropAssignment(spec.Name))).Attachments[spec.Name].Steps[0]);
    }

    [Fact]
    public void A_file_whose_writing_was_given_up_is_removed_though_it_was_never_seen()
    {
        Ledger doubtful = Ledger.Empty.WithResource(Some.Resource.Name)
            .AfterFailed(new WriteFile(OwnedFolder.CdiSpecs, OwnedFiles.VhostNetSpec(Some.Resource.Name), "{}"));

        Step[] steps = [new RemoveFile(OwnedFolder.CdiSpecs, OwnedFiles.VhostNetSpec(Some.Resource.Name)), new DropResource(Some.Resource.Name)];
        Assert.Equal(steps, Plan(doubtful).Resources[Some.Resource.Name].Steps);
    }

    [Fact]
    public void Nothing_is_forgotten_of_a_PF_that_is_there_and_cannot_be_read()
    {
        Ledger ledger = Ledger.Empty.With(new PfClaim(Some.Pf.Address, Some.Resource.Name, 0, 1500));

        Plan gone = Planner.Plan(DesiredState.Empty, HostSnapshot.Empty, ledger);
        Plan unread = Planner.Plan(DesiredState.Empty, HostSnapshot.Empty with { Unread = [Some.Pf.Address] }, ledger);

        Assert.Equal([new ReleasePf(Some.Pf.Address)], gone.Steps);
        Assert.Empty(unread.Steps);
    }

    private static HostSnapshot Host => HostSnapshot.Empty with { Pfs = HostSnapshot.Empty.Pfs.Add(Some.Pf.Address, Some.Pf) };

    private static Plan Plan(Ledger ledger) => Planner.Plan(
        DesiredState.Empty with { Resources = DesiredState.Empty.Resources.Add(Some.Resource.Name, Some.Resource) }, Host, ledger);
}
