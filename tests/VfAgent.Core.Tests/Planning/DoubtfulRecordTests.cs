using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>An attachment whose record has failed at its last sync: it may have either of two VFs.</summary>
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
}
