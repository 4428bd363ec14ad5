using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

public sealed class PodmanNetworkRendererTests
{
    private static readonly ResourceSpec _resource = new("eth3-vfs", 0, 4, false, new NicSelector([], [], [], ["eth3"]), DeviceTypes.NetDevice);

    [Fact]
    public void A_network_is_podmans_own_with_our_driver_and_the_vfs_that_it_may_hand_out() => Assert.Equal(
        """
        {"name":"f1-u","id":"770afe038c89e2570c68a365b59bf88c5eb22647474bb47ee5023e526cf551ce","driver":"vfagent","ipv6_enabled":false,"internal":false,
        "dns_enabled":false,"options":{"vfagent.vfs":"0000:02:10.0 0000:02:10.2","vfagent.resource":"eth3-vfs"},"ipam_options":{"driver":"none"}}
        """.ReplaceLineEndings(""),
        Json("""{"type":"sriov"}""", _resource, "0000:02:10.0", "0000:02:10.2").ToJsonString());

    [Fact]
    public void The_mtu_is_the_one_that_the_resource_gives_its_vfs() =>
        Assert.Equal("1400", (string?)Json("""{"type":"sriov"}""", _resource with { VfMtu = 1400 })["options"]!["mtu"]);

    [Theory]
    [InlineData("10.1.0.0/24 over its first address", """{"subnet":"10.1.0.0/24"}""", """[{"subnet":"10.1.0.0/24"}]""")]
    [InlineData("bits of a host", """{"subnet":"10.1.0.9/24"}""", """[{"subnet":"10.1.0.0/24"}]""")]
    [InlineData(
        "a range", """{"subnet":"10.1.0.0/24","rangeStart":"10.1.0.50","rangeEnd":"10.1.0.99","gateway":"10.1.0.254"}""",
        """[{"subnet":"10.1.0.0/24","gateway":"10.1.0.254","lease_range":{"start_ip":"10.1.0.50","end_ip":"10.1.0.99"}}]""")]
    [InlineData(
        "ranges of both families", """{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd00:1::/64","rangeStart":"fd00:1::10"}]]}""",
        """[{"subnet":"10.1.0.0/24"},{"subnet":"fd00:1::/64","lease_range":{"start_ip":"fd00:1::10"}}]""")]
    [InlineData(
        "a range beside ranges", """{"subnet":"10.1.0.0/24","ranges":[[{"subnet":"10.2.0.0/24"}]]}""",
        """[{"subnet":"10.1.0.0/24"},{"subnet":"10.2.0.0/24"}]""")]
    public void Host_local_ranges_are_subnets(string what, string ipam, string subnets)
    {
        _ = what;
        (JsonObject network, string losses) = Render(WithIpam("host-local", ipam));

        Assert.Equal(subnets, network["subnets"]!.ToJsonString());
        Assert.Equal("host-local", (string?)network["ipam_options"]!["driver"]);
        Assert.Equal("", losses);
    }

    [Theory]
    [InlineData("no route", """{"subnet":"10.1.0.0/24"}""", true, null)]
    [InlineData("the default route over the gateway", """{"subnet":"10.1.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}""", false, null)]
    [InlineData("the same, by name", """{"subnet":"10.1.0.0/24","routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.1"}]}""", false, null)]
    [InlineData(
        "another route", """{"subnet":"10.1.0.0/24","routes":[{"dst":"10.9.0.0/16"}]}""", true,
        """[{"destination":"10.9.0.0/16","gateway":"10.1.0.1"}]""")]
    [InlineData(
        "beside the default route", """{"subnet":"10.1.0.0/24","routes":[{"dst":"0.0.0.0/0"},{"dst":"10.9.0.0/16","gw":"10.1.0.7","priority":50}]}""", false,
        """[{"destination":"10.9.0.0/16","gateway":"10.1.0.7","metric":50}]""")]
    [InlineData(
        "a default route over another", """{"subnet":"10.1.0.0/24","routes":[{"dst":"0.0.0.0/0","gw":"10.1.0.254"}]}""", true,
        """[{"destination":"0.0.0.0/0","gateway":"10.1.0.254"}]""")]
    [InlineData(
        "one of two families", """{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd00:1::/64"}]],"routes":[{"dst":"::/0"}]}""", true,
        """[{"destination":"::/0","gateway":"fd00:1::1"}]""")]
    [InlineData(
        "both of two families", """{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd00:1::/64"}]],"routes":[{"dst":"::/0"},{"dst":"0.0.0.0/0"}]}""",
        false, null)]
    public void A_gateway_is_a_default_route_only_where_the_config_has_one(string what, string ipam, bool noDefaultRoute, string? routes)
    {
        _ = what;
        (JsonObject network, string losses) = Render(WithIpam("host-local", ipam));

        Assert.Equal(noDefaultRoute ? "true" : null, (string?)network["options"]!["no_default_route"]);
        Assert.Equal(routes, network["routes"]?.ToJsonString());
        Assert.Equal("", losses);
    }

    [Fact]
    public void A_static_address_is_a_subnet_that_gives_this_one()
    {
        (JsonObject network, string losses) = Render(WithIpam(
            "static", """{"addresses":[{"address":"10.1.0.5/24","gateway":"10.1.0.254"}],"routes":[{"dst":"0.0.0.0/0"}]}"""));

        Assert.Equal(
            """[{"subnet":"10.1.0.0/24","gateway":"10.1.0.254","lease_range":{"start_ip":"10.1.0.5","end_ip":"10.1.0.5"}}]""",
            network["subnets"]!.ToJsonString());
        Assert.False((bool)network["internal"]!);
        Assert.Equal("", losses);
    }

    // Podman would take the first address for a gateway, and then have none to give.
    [Fact]
    public void Static_addresses_without_a_gateway_make_an_internal_network()
    {
        (JsonObject network, string losses) = Render(WithIpam("static", """{"addresses":[{"address":"10.1.0.1/24"},{"address":"fd00:1::1/64"}]}"""));

        Assert.True((bool)network["internal"]!);
        Assert.True((bool)network["ipv6_enabled"]!);
        Assert.Null(network["options"]!["no_default_route"]);
        Assert.Equal("", losses);
    }

    [Theory]
    [InlineData("""{"type":"sriov","ipam":{"type":"dhcp"}}""", "config.ipam of type dhcp")]
    [InlineData("""{"type":"sriov","ipam":7}""", "config.ipam")]
    [InlineData("""{"type":"sriov","vlan":100,"min_tx_rate":0,"trust":"on"}""", "config.vlan, config.trust")]
    [InlineData("""{"plugins":[{"type":"sriov"},{"type":"tuning"},{"type":"sbr"}]}""", "config.plugins[1] (tuning), config.plugins[2] (sbr)")]
    [InlineData("""{"plugins":[{"type":"tuning","ipam":{"type":"dhcp"}}]}""", "config.plugins[0] (tuning)")]
    [InlineData("""{"disableCheck":true,"args":{"a":1},"plugins":[{"type":"sriov"}]}""", "config.args")]
    [InlineData("""{"type":"sriov","ipam":{"type":"host-local","subnet":"10.1.0.0/24","dataDir":"/x"}}""", "config.ipam.dataDir")]
    [InlineData("""{"type":"sriov","ipam":{"type":"host-local","subnet":"10.1.0.0/24","gateway":"10.2.0.1"}}""", "config.ipam.gateway")]
    [InlineData("""{"type":"sriov","ipam":{"type":"host-local","subnet":"10.1.0.0/31"}}""", "config.ipam.subnet")]
    [InlineData(
        """{"type":"sriov","ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/24"},{"subnet":"10.2.0.0/24"}]]}}""", "config.ipam.ranges[0][1]")]
    [InlineData(
        """{"type":"sriov","ipam":{"type":"host-local","ranges":[[{"subnet":"10.1.0.0/16"}],[{"subnet":"10.1.9.0/24"}]]}}""",
        "config.ipam.ranges[1][0].subnet")]
    [InlineData("""{"type":"sriov","ipam":{"type":"host-local","subnet":"10.1.0.0/24","routes":[{"dst":"fd00::/8"}]}}""", "config.ipam.routes[0]")]
    [InlineData(
        """{"type":"sriov","ipam":{"type":"host-local","subnet":"10.1.0.0/24","routes":[{"dst":"10.9.0.0/16","mtu":1400}]}}""",
        "config.ipam.routes[0].mtu")]
    [InlineData("""{"type":"sriov","ipam":{"type":"static","addresses":[{"address":"10.1.0.5"}]}}""", "config.ipam.addresses[0]")]
    [InlineData("""{"type":"sriov","ipam":{"type":"static","addresses":[{"address":"10.1.0.5/24"}],"dns":{"domain":"x"}}}""", "config.ipam.dns")]
    public void What_podman_has_nothing_like_is_named(string config, string losses) => Assert.Equal(losses, Render(config).Losses);

    [Theory]
    [InlineData("""{"driver":"vfagent","options":{"vfagent.vfs":""}}""", true)]
    [InlineData("""{"driver":"vfagent","options":{"x":"y"}}""", false)]
    [InlineData("""{"driver":"vfagent","options":null}""", false)]
    [InlineData("""{"driver":"bridge","options":{"vfagent.vfs":"0000:02:10.0"}}""", false)]
    [InlineData("""{"driver":7}""", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    [InlineData("{", false)]
    public void A_file_is_ours_by_its_driver_and_its_option(string text, bool ours) => Assert.Equal(ours, PodmanNetworkRenderer.IsOurs(text));

    [Fact]
    public void With_other_vfs_all_else_is_as_it_was()
    {
        string text = ConflistRenderer.ToText(Json("""{"type":"sriov"}""", _resource, "0000:02:10.0", "0000:02:10.2"));

        Assert.Equal(text.Replace("0000:02:10.0 ", "", StringComparison.Ordinal), PodmanNetworkRenderer.WithVfs(text, [PciAddress.Parse("0000:02:10.2")]));
    }

    private static string WithIpam(string type, string ipam) => $$"""{"type":"sriov","ipam":{"type":"{{type}}",{{ipam[1..]}}}""";

    private static JsonObject Json(string config, ResourceSpec resource, params string[] vfs) =>
        JsonNode.Parse(Render(config, resource, vfs).Text)!.AsObject();

    private static (JsonObject Network, string Losses) Render(string config)
    {
        PodmanNetwork network = Render(config, _resource, ["0000:02:10.0"]);
        return (JsonNode.Parse(network.Text)!.AsObject(),
            string.Join("; ", network.Findings.Select(finding => finding.Message.Replace("a podman network has nothing like ", "", StringComparison.Ordinal))));
    }

    private static PodmanNetwork Render(string config, ResourceSpec resource, string[] vfs)
    {
        var spec = new AttachmentSpec("f1-u", resource.Name, JsonNode.Parse(config)!.AsObject());
        return PodmanNetworkRenderer.Render(spec, resource, ConflistRenderer.Render(spec), vfs.Select(PciAddress.Parse));
    }
}
