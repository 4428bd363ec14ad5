using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class LedgerTests
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly VfId _vf0 = new(_pf, 0);
    private static readonly VfId _vf1 = new(_pf, 1);

    [Fact]
    public void An_assignment_is_found_from_both_ends()
    {
        Ledger ledger = Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0));
        Assert.Equal(_vf0, ledger.Attachments["a"].Vf);
        Assert.Equal("a", ledger.HolderOf(_vf0));
        Assert.Null(ledger.HolderOf(_vf1));
    }

    [Fact]
    public void Another_vf_lets_the_first_go()
    {
        Ledger ledger = Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0)).With(new Assignment("a", "eth3-vfs", _vf1));
        Assert.Null(ledger.HolderOf(_vf0));
        Assert.Equal("a", ledger.HolderOf(_vf1));
        Assert.Single(ledger.Attachments);
    }

    [Fact]
    public void No_vf_any_more_lets_it_go()
    {
        Ledger ledger = Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0)).With(new Assignment("a", null, null));
        Assert.Null(ledger.HolderOf(_vf0));
        Assert.Null(ledger.Attachments["a"].Vf);
    }

    [Fact]
    public void A_vf_passes_on_once_its_attachment_is_forgotten()
    {
        Ledger ledger = Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0)).WithoutAttachment("a").With(new Assignment("b", "eth3-vfs", _vf0));
        Assert.Equal("b", ledger.HolderOf(_vf0));
        Assert.Equal(["b"], ledger.Attachments.Keys);
    }

    [Fact]
    public void A_record_that_failed_may_be_on_disk_so_both_vfs_are_its_own_until_one_is_recorded()
    {
        var tried = new RecordAssignment(new Assignment("a", "eth3-vfs", _vf1));
        Ledger doubtful = Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0)).AfterFailed(tried);
        Assert.Equal("a", doubtful.HolderOf(_vf0));
        Assert.Equal("a", doubtful.HolderOf(_vf1));

        Ledger certain = doubtful.After(tried);
        Assert.Null(certain.HolderOf(_vf0));
        Assert.Equal("a", certain.HolderOf(_vf1));
    }

    [Fact]
    public void A_first_record_that_failed_keeps_its_vf_from_others()
    {
        Ledger doubtful = Ledger.Empty.AfterFailed(new RecordAssignment(new Assignment("a", "eth3-vfs", _vf0)));
        Assert.Equal("a", doubtful.HolderOf(_vf0));
        Assert.Throws<ArgumentException>(() => doubtful.With(new Assignment("b", "eth3-vfs", _vf0)));
    }

    [Fact]
    public void A_record_whose_removal_failed_may_be_gone_so_it_is_none_until_it_is_written_again()
    {
        var recorded = new Assignment("a", "eth3-vfs", _vf0);
        Ledger doubtful = Ledger.Empty.With(recorded).AfterFailed(new DropAssignment("a"));
        Assert.Equal("a", doubtful.HolderOf(_vf0));
        Assert.NotEqual(recorded, doubtful.Attachments["a"]);
        Assert.Equal(recorded, doubtful.After(new RecordAssignment(recorded)).Attachments["a"]);
    }

    [Fact]
    public void A_record_that_failed_to_take_the_vf_away_may_have_done_so()
    {
        var recorded = new Assignment("a", "eth3-vfs", _vf0);
        Ledger doubtful = Ledger.Empty.With(recorded).AfterFailed(new RecordAssignment(new Assignment("a", null, null)));
        Assert.Equal("a", doubtful.HolderOf(_vf0));
        Assert.NotEqual(recorded, doubtful.Attachments["a"]);
    }

    [Fact]
    public void A_vf_cannot_be_given_twice() =>
        Assert.Throws<ArgumentException>(() => Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0)).With(new Assignment("b", "eth3-vfs", _vf0)));

    [Fact]
    public void Recording_the_same_again_changes_nothing()
    {
        var assignment = new Assignment("a", "eth3-vfs", _vf0);
        Assert.Equal("a", Ledger.Empty.With(assignment).With(assignment).HolderOf(_vf0));
    }

    [Fact]
    public void Forgetting_what_is_not_known_is_no_error()
    {
        Assert.Same(Ledger.Empty, Ledger.Empty.WithoutAttachment("a"));
        Assert.Empty(Ledger.Empty.Without(_pf).Pfs);
        Assert.Empty(Ledger.Empty.WithoutResource("a").Resources);
    }

    [Fact]
    public void A_claim_replaces_the_one_before()
    {
        Ledger ledger = Ledger.Empty.With(new PfClaim(_pf, "a", 0, 1500)).With(new PfClaim(_pf, "b", 0, 1500));
        Assert.Equal("b", Assert.Single(ledger.Pfs).Value.Resource);
        Assert.Empty(ledger.Without(_pf).Pfs);
    }

    [Fact]
    public void A_change_is_unconfirmed_from_its_record_until_that_is_dropped()
    {
        var change = new UnconfirmedChange(PfTarget.Of(Some.Pf), ImmutableSortedDictionary<string, string>.Empty);
        Ledger ledger = Ledger.Empty.After(new RecordChange(change)).After(new RecordChange(change with { IsRegretted = true }));
        Assert.True(Assert.Single(ledger.Unconfirmed).Value.IsRegretted);
        Assert.Empty(ledger.After(new DropChange(Some.Pf.Address)).Unconfirmed);
    }

    [Fact]
    public void An_earlier_ledger_is_not_changed_by_a_later_one()
    {
        Ledger before = Ledger.Empty.With(new Assignment("a", "eth3-vfs", _vf0));
        _ = before.WithoutAttachment("a");
        Assert.Equal("a", before.HolderOf(_vf0));
    }
}
