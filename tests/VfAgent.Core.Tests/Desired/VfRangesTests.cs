using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Tests.Desired;

public sealed class VfRangesTests
{
    [Theory]
    [InlineData("6,0-3,2-4", "0-4,6")]
    [InlineData("0,1,2", "0-2")]
    [InlineData("5", "5")]
    public void They_are_written_as_short_as_can_be(string text, string shortest) => Assert.Equal(shortest, Of(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0,")]
    [InlineData("3-0")]
    [InlineData("0-1-2")]
    [InlineData("-1")]
    [InlineData("65535")]
    public void What_is_no_list_of_VFs_is_refused(string text) => Assert.False(VfRanges.TryParse(text, out _));

    [Theory]
    [InlineData("0-3,6", "2-6", "2-3,6")]
    [InlineData("0-3", "4-6", null)]
    [InlineData("0,2,4,6", "1-4", "2,4")]
    public void What_two_share_is_what_both_have(string a, string b, string? shared)
    {
        Assert.Equal(shared, Of(a).Shared(Of(b))?.ToString());
        Assert.Equal(shared, Of(b).Shared(Of(a))?.ToString());
    }

    [Fact]
    public void An_index_is_in_them_or_not()
    {
        VfRanges ranges = Of("0-1,4,8-9");
        Assert.Equal([0, 1, 4, 8, 9], Enumerable.Range(0, 12).Where(ranges.Contains));
        Assert.Equal([0, 1, 4, 8, 9], ranges.Indexes);
        Assert.Equal((5, 9), (ranges.Count, ranges.Highest));
    }

    [Fact]
    public void Many_lists_of_all_VFs_cost_what_was_written()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        VfOverride[] entries = [.. Enumerable.Range(0, 1000).Select(_ => new VfOverride("0-65534", VfSettings.None))];
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.All(entries, entry => Assert.Equal(65535, entry.Vfs!.Count));
    }

    [Fact]
    public void Of_a_PF_only_the_VFs_count_that_it_can_have()
    {
        PhysicalFunction pf = Some.Pf with { TotalVfs = 7 };
        Assert.Equal("0-6", (Some.Resource with { NumVfs = 65535 }).VfsOf(pf)?.ToString());
        Assert.Equal("5-6", (Some.Resource with { NumVfs = 65535, Selector = new([], [], [], ["eth3#5-65534"]) }).VfsOf(pf)?.ToString());
        Assert.Null((Some.Resource with { NumVfs = 65535, Selector = new([], [], [], ["eth3#7-9"]) }).VfsOf(pf));
    }

    private static VfRanges Of(string text) => VfRanges.TryParse(text, out VfRanges? ranges) ? ranges : throw new FormatException(text);
}
