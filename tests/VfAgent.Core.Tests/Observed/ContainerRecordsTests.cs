using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Observed;

public sealed class ContainerRecordsTests
{
    private static readonly PciAddress _vf = Some.Vf.Address;

    [Fact]
    public void A_record_whose_namespace_is_gone_says_nothing()
    {
        ContainerRecords records = Records(("allocation", Record("", exists: false)), ("result", Record("8f3c2b10ab12", exists: false)));
        Assert.Null(records.UserOf(_vf));
        Assert.Null(VfUse.Of(Some.Vf, new VfId(Some.Pf.Address, 2), HostSnapshot.Empty with { Containers = records }));
    }

    [Fact]
    public void Of_two_records_the_one_whose_namespace_is_there_counts() =>
        Assert.Equal("web", Records(("a", Record("gone", exists: false)), ("b", Record("web", exists: true))).UserOf(_vf)?.Container);

    [Fact]
    public void A_result_names_the_container_and_an_allocation_only_its_namespace() =>
        Assert.Equal("web", Records(("a", Record("", exists: true)), ("b", Record("web", exists: true))).UserOf(_vf)?.Container);

    private static ContainerRecords Records(params (string Path, ContainerRecord Record)[] files) =>
        new(files.ToImmutableSortedDictionary(file => file.Path, file => file.Record, StringComparer.Ordinal));

    private static ContainerRecord Record(string container, bool exists) => new(default, container, "f1-u", "/run/netns/web", exists, [_vf]);
}
