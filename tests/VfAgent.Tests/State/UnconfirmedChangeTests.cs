using System.Collections.Immutable;
using System.Text;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Desired;
using VfAgent.Protocol;
using VfAgent.State;
using VfAgent.Tests.Doctor;

namespace VfAgent.Tests.State;

/// <summary>What is on disk of a change that is not confirmed.</summary>
public sealed class UnconfirmedChangeTests : IDisposable
{
    private const string State = "/var/lib/vfagent";
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly ImmutableSortedDictionary<string, string> _wishes =
        ImmutableSortedDictionary<string, string>.Empty.Add("a", "1").Add("b", "2");

    private static readonly PfTarget _before = PfTarget.Before(
        _pf, 3, 9000, EswitchMode.Switchdev, ImmutableSortedDictionary<int, VfTarget>.Empty
            .Add(0, new VfTarget(OnVfio: true, DisruptionPolicy.Defer) { Settings = new("02:00:00:00:00:01", new VfVlan(7, 1, VlanProtocol.Dot1Ad)) })
            .Add(2, new VfTarget(OnVfio: false, DisruptionPolicy.Defer, Mtu: 1400)
            {
                Settings = new(null, new VfVlan(0), Trust: false, SpoofCheck: true, VfLinkState.Disable, 10, 20),
            }));

    private readonly Patient _host = new();
    private readonly LedgerFiles _files;

    public UnconfirmedChangeTests()
    {
        _files = new LedgerFiles(new DurableFiles(_host.Disk), State);
        Assert.True(_files.Load().Ok);
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_that_the_way_back_needs_is_read_as_it_was_written(bool isRegretted)
    {
        Assert.Null(_files.Apply(new RecordChange(new UnconfirmedChange(_before, _wishes) { IsRegretted = isRegretted })));

        UnconfirmedChange read = Assert.Single(_files.Read().Value.Ledger.Unconfirmed).Value;
        Assert.Equal(_before with { Vfs = read.Before.Vfs }, read.Before);
        Assert.Equal(_before.Vfs, read.Before.Vfs);
        Assert.Equal(_wishes, read.Wishes);
        Assert.Equal(isRegretted, read.IsRegretted);
    }

    [Fact]
    public void What_was_dropped_is_gone()
    {
        Assert.Null(_files.Apply(new RecordChange(new UnconfirmedChange(_before, _wishes))));
        Assert.Null(_files.Apply(new DropChange(_pf)));

        Assert.Empty(_files.Read().Value.Ledger.Unconfirmed);
        Assert.Null(_files.Apply(new DropChange(_pf)));
    }

    [Theory]
    [InlineData("0000:02:00.0", "{")]
    [InlineData("0000:02:00.0", """{"vfs":{"x":{}}}""")]
    [InlineData("eth3", "{}")]
    public void What_cannot_be_understood_is_said(string name, string content)
    {
        string path = $"{State}/ledger/unconfirmed/{name}";
        _host.Disk.Put(path, content);

        (Ledger ledger, IReadOnlyList<string> unreadable) = _files.Read().Value;
        Assert.Empty(ledger.Unconfirmed);
        Assert.Equal([path], unreadable);
    }

    [Fact]
    public void The_same_wish_is_known_in_whatever_way_it_was_sent() => Assert.Equal(
        Digest("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth3#0-3"]},"generation":"2"}"""),
        Digest("""{"generation":2,"nicSelector":{"pfNames":["eth3#0-3"],"drivers":[]},"numVfs":4,"name":"a","deviceType":"netdevice"}"""));

    [Theory]
    [InlineData("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth3#0-3"]},"generation":3}""")]
    [InlineData("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth2#0-3"]},"generation":2}""")]
    [InlineData("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth3#0-3"],"exclude":{"drivers":["x"]}},"generation":2}""")]
    [InlineData("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth3#0-3"]},"generation":2,"eswitchMode":"LEGACY"}""")]
    [InlineData("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth3#0-3"]},"generation":2,"vfs":[{"indexes":"1","trust":false}]}""")]
    public void Another_wish_is_another(string other) =>
        Assert.NotEqual(Digest("""{"name":"a","numVfs":4,"nicSelector":{"pfNames":["eth3#0-3"]},"generation":2}"""), Digest(other));

    private static string Digest(string json)
    {
        Decoded decoded = ConfigCodec.Decode(MessageKey.Of(ConfigTopic.Resource("a")), Encoding.UTF8.GetBytes(json), ContentTypes.Json);
        Assert.Null(decoded.Refusal);
        return WishDigest.Of(decoded.Message!.Resource("a")!);
    }
}
