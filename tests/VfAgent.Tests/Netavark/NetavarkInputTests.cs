using System.Text.Json.Nodes;

namespace VfAgent.Tests.Netavark;

/// <summary>What the plugin says of itself, and of what it is given.</summary>
public sealed class NetavarkInputTests : IDisposable
{
    private readonly NetavarkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void It_says_who_it_is() => Assert.Equal((0, $$"""{"version":"{{Agent.Version}}","api_version":"1.0.0"}"""), _rig.Run("", "info"));

    [Fact]
    public void What_a_name_in_the_container_stands_in_the_way_of_is_said_before_anything_is_done()
    {
        _rig.Setup("web");
        int writes = _rig.World.Writes;

        string error = _rig.Refusal("web", NetavarkRig.Input("web", (network, _) => network["name"] = "other"));

        Assert.Equal("the container has an interface eth0 already", error);
        Assert.Equal(writes, _rig.World.Writes);
    }

    [Theory]
    [InlineData("network", "options", "null", "network pool has no option vfagent.vfs")]
    [InlineData("network", "options", """{"vfagent.vfs":"eth4"}""", "'eth4' is not a PCI address")]
    [InlineData("network", "options", """{"vfagent.vfs":"0000:02:10.0","mtu":"large"}""", "'large' is not a number of bytes")]
    [InlineData("network", "options", """{"vfagent.vfs":"0000:02:10.0","metric":"-1"}""", "'-1' is not a number")]
    [InlineData("network", "ipam_options", """{"driver":"dhcp"}""", "ipam driver dhcp is not supported")]
    [InlineData("network", "subnets", """[{"subnet":"10.88.0.0"}]""", "subnet '10.88.0.0' of network pool is not an address with a prefix length")]
    [InlineData("network", "subnets", """[{"subnet":"10.88.0.0/16"},{"subnet":"10.88.1.0/24"}]""", "subnet 10.88.1.0/24 of network pool overlaps another one")]
    [InlineData("network", "subnets", """[{"subnet":"10.88.0.0/16","gateway":"x"}]""", "gateway 'x' of network pool is not an address")]
    [InlineData("network", "subnets", """[{"subnet":"10.77.0.0/16"}]""", "address 10.88.0.5 is in no subnet of network pool")]
    [InlineData("network", "routes", """[{"destination":"192.0.2.0/24"}]""", "a unicast route has a gateway, and no other has")]
    [InlineData("network", "routes", """[{"destination":"192.0.2.0/24","gateway":"fd00::1"}]""", "is of the other IP version")]
    [InlineData("network", "routes", """[{"destination":"192.0.2.0/24","route_type":"anycast"}]""", "its type, gateway or metric is none")]
    [InlineData("network_options", "static_ips", "null", "no static ips provided")]
    [InlineData("network_options", "static_ips", """["ten"]""", "'ten' is not an address")]
    [InlineData("network_options", "static_mac", "\"01:00:5e:00:00:01\"", "'01:00:5e:00:00:01' is not the address of one interface")]
    [InlineData("network_options", "interface_name", "\"\"", "'' is no name for an interface")]
    [InlineData("network_options", "interface_name", "\"an-interface-too-long\"", "is no name for an interface")]
    [InlineData("network_options", "interface_name", "null", "what netavark says is not understood")]
    public void What_cannot_be_is_said_and_nothing_is_done(string part, string key, string value, string error)
    {
        JsonNode input = NetavarkRig.Input("web");
        input[part]![key] = JsonNode.Parse(value);
        int writes = _rig.World.Writes;

        Assert.Contains(error, _rig.Refusal("web", input));

        Assert.Equal(writes, _rig.World.Writes);
    }

    [Fact]
    public void A_namespace_that_is_not_there_is_said()
    {
        (int exitCode, string output) = _rig.Run(NetavarkRig.Input("web"), "setup", "/run/netns/nowhere");

        Assert.Equal((1, """{"error":"open network namespace /run/netns/nowhere: ENOENT"}"""), (exitCode, output));
        Assert.Equal(1, _rig.Run("{}", "setup").ExitCode);
        Assert.Equal(1, _rig.Run("", "teardown", "/run/netns/web").ExitCode);
    }

    [Fact]
    public void A_network_that_podman_is_asked_to_create_is_checked_and_given_back_as_it_is()
    {
        const string Network = """{"name":"pool","id":"00","driver":"vfagent","subnets":[{"subnet":"10.88.0.0/16","lease_range":null}],"options":{"vfagent.vfs":"0000:02:10.0"},"labels":{"a":"b"}}""";

        Assert.Equal((0, Network), _rig.Run(Network, "create"));

        (int exitCode, string output) = _rig.Run(Network.Replace("vfagent.vfs", "vlan", StringComparison.Ordinal), "create");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("""{"error":"network pool has no option vfagent.vfs""", output, StringComparison.Ordinal);
    }
}
