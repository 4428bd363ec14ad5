using System.Net;
using VfAgent.Host;

namespace VfAgent.Tests.Host;

public sealed class RouteTableTests
{
    // As a host with a bond and a storage network shows them.
    private const string Ipv4 = """
        Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
        bond0	00000000	0100000A	0003	0	0	100	00000000	0	0	0
        bond0	0000000A	00000000	0001	0	0	100	00FFFFFF	0	0	0
        eth3	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
        *	00000BAC	00000000	0201	0	0	0	0000FFFF	0	0	0

        """;

    private const string Ipv6 = """
        00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000064 00000001 00000000 00000003     eth2
        00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
        20010db8000000010000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth3

        """;

    private readonly RouteTable _routes = RouteTable.Parse(Ipv4, Ipv6);

    [Fact]
    public void Default_routes_of_both_families_are_found() => Assert.Equal(["bond0", "eth2"], _routes.DefaultLinks);

    [Fact]
    public void Of_several_default_routes_of_a_family_the_one_with_the_lowest_metric_is_taken()
    {
        string eth4 = "eth4\t00000000\t0101A8C0\t0003\t0\t0\t{0}\t00000000\t0\t0\t0\n";

        Assert.Equal(["bond0", "eth2"], RouteTable.Parse(Ipv4 + eth4.Replace("{0}", "101", StringComparison.Ordinal), Ipv6).ChosenDefaultLinks);
        Assert.Equal(["eth4", "eth2"], RouteTable.Parse(Ipv4 + eth4.Replace("{0}", "99", StringComparison.Ordinal), Ipv6).ChosenDefaultLinks);
    }

    [Theory]
    [InlineData("10.0.0.7", "bond0")]
    [InlineData("192.168.1.20", "eth3")]
    [InlineData("8.8.8.8", "bond0")]
    [InlineData("2001:db8:0:1::5", "eth3")]
    [InlineData("2001:db8:0:2::5", "eth2")]
    public void The_longest_prefix_leads_the_way(string address, string link) => Assert.Equal(link, _routes.LinkTo(IPAddress.Parse(address)));

    [Fact]
    public void A_metric_past_two_thousand_million_is_shown_as_negative_and_is_the_largest()
    {
        var routes = RouteTable.Parse(
            "Iface\neth2 00000000 0100000A 0003 0 0 -1 00000000 0 0 0\neth3 00000000 0100000A 0003 0 0 100 00000000 0 0 0\n", "");

        Assert.Equal(["eth2", "eth3"], routes.DefaultLinks);
        Assert.Equal("eth3", routes.LinkTo(IPAddress.Parse("8.8.8.8")));
    }

    [Fact]
    public void What_is_no_route_is_left_out()
    {
        var routes = RouteTable.Parse("Iface\nnonsense\neth0 xyz 0 0003 0 0 0 0\n", "short 1\n");

        Assert.Empty(routes.DefaultLinks);
        Assert.Null(routes.LinkTo(IPAddress.Loopback));
    }
}
