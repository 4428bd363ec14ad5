using System.Text;
using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Simulation;

namespace VfAgent.Tests.Netavark;

/// <summary>Containers that start and stop in networks of driver vfagent.</summary>
public sealed class NetavarkPluginTests : IDisposable
{
    private const string Mac = "02:00:00:00:00:aa";

    private static readonly PciAddress _vf0 = NetavarkRig.Vf0;
    private static readonly PciAddress _vf1 = NetavarkRig.Vf1;

    private readonly NetavarkRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_container_gets_a_VF_under_its_own_name_with_address_and_route()
    {
        string mac = _rig.MacOf(_vf0);

        JsonNode status = _rig.Setup("web");

        Assert.Equal($"eth0 {mac} 1500 up of 0000:02:10.0; eth0 10.88.0.5/16; default via 10.88.0.1 metric 99", _rig.Inside("web"));
        Assert.Equal(
            """{"dns_search_domains":[],"dns_server_ips":[],"interfaces":{"eth0":{"mac_address":"MAC","subnets":[{"ipnet":"10.88.0.5/16","gateway":"10.88.0.1"}]}}}"""
                .Replace("MAC", mac, StringComparison.Ordinal),
            status.ToJsonString());
        Assert.StartsWith("away", _rig[_vf0], StringComparison.Ordinal);
        Assert.Equal($"container web ({NetavarkRig.IdOf("web")[..12]}) on network pool", _rig.LeaseOf(_vf0)?.ToString());
    }

    [Fact]
    public void When_it_ends_the_VF_is_what_it_was()
    {
        Assert.Null(_rig.World.Others.SetLinkMtu(_rig.IndexOf("eth4"), 3000));
        Assert.Null(_rig.World.Others.SetLinkUp(_rig.IndexOf("eth4"), up: true));
        string before = _rig[_vf0];
        JsonNode input = NetavarkRig.Input("web", (network, options) =>
        {
            network["options"]!["mtu"] = "9000";
            options["static_mac"] = Mac;
            options["interface_name"] = "data0";
        });

        Assert.Equal(Mac, (string?)_rig.Setup("web", input)["interfaces"]!["data0"]!["mac_address"]);

        Assert.StartsWith($"data0 {Mac} 9000 up of 0000:02:10.0", _rig.Inside("web"), StringComparison.Ordinal);
        _rig.Teardown("web", input);
        Assert.Equal(before, _rig[_vf0]);
        Assert.Equal("", _rig.Inside("web"));
        Assert.Empty(_rig.Leases);
        _rig.Teardown("web", input);
    }

    [Fact]
    public void A_MAC_that_the_PF_holds_for_the_VF_gives_way_to_the_containers_and_comes_back()
    {
        Assert.Null(_rig.World.Others.SetVf(_rig.PfIndex, 0, new VfMac("02:00:00:00:00:01")));
        string before = _rig[_vf0];
        JsonNode input = NetavarkRig.Input("web", (_, options) => options["static_mac"] = Mac.ToUpperInvariant());

        _rig.Setup("web", input);

        Assert.Equal($"away, {Mac}", _rig[_vf0]);
        Assert.StartsWith($"eth0 {Mac}", _rig.Inside("web"), StringComparison.Ordinal);
        _rig.Teardown("web", input);
        Assert.Equal(before, _rig[_vf0]);
    }

    [Fact]
    public void What_a_container_has_changed_does_not_outlive_it()
    {
        string before = _rig[_vf0];
        _rig.Setup("web");
        using (INetworkNamespace web = _rig.World.Others.OpenNamespace("/run/netns/web").Value!)
        {
            int index = web.GetLinks().Value!.Single(link => link.ParentDevice is not null).Index;
            Assert.Null(web.SetLinkUp(index, up: false));
            Assert.Null(web.SetLinkName(index, "mine"));
        }

        _rig.World.Others.ChangeInContainer(_vf0, 9000, Mac);
        _rig.Teardown("web");

        Assert.Equal(before, _rig[_vf0]);
    }

    [Fact]
    public void A_container_in_two_networks_has_two_VFs()
    {
        JsonNode second = NetavarkRig.Input("web", (network, options) =>
        {
            network["name"] = "other";
            network["subnets"] = JsonNode.Parse("""[ { "subnet": "fd00::/64", "gateway": "fd00::1" }, { "subnet": "10.89.1.0/24", "gateway": "10.89.1.1" } ]""");
            network["routes"] = JsonNode.Parse("""
                [ { "destination": "192.0.2.0/24", "gateway": "10.89.1.9", "metric": 7 }, { "destination": "198.51.100.0/24", "route_type": "blackhole" } ]
                """);
            network["network_dns_servers"] = new JsonArray("10.89.1.53");
            options["interface_name"] = "eth1";
            options["static_ips"] = new JsonArray("10.89.1.2", "fd00::2");
        });

        _rig.Setup("web");
        JsonNode status = _rig.Setup("web", second);

        Assert.Equal("""["10.89.1.53"]""", status["dns_server_ips"]!.ToJsonString());
        Assert.Equal(
            """[{"ipnet":"10.89.1.2/24","gateway":"10.89.1.1"},{"ipnet":"fd00::2/64","gateway":"fd00::1"}]""",
            status["interfaces"]!["eth1"]!["subnets"]!.ToJsonString());
        Assert.Equal(
            [
                "eth0 10.88.0.5/16", "eth1 10.89.1.2/24", "eth1 fd00::2/64", "default via 10.88.0.1 metric 99", "default via fd00::1 metric 99",
                "default via 10.89.1.1 metric 99", "192.0.2.0/24 via 10.89.1.9 metric 7", "blackhole 198.51.100.0/24",
            ],
            _rig.World.Others.NetworkOf("web"));
        _rig.Teardown("web", second);
        _rig.Teardown("web");
        Assert.Empty(_rig.Leases);
    }

    [Theory]
    [InlineData("internal", "true")]
    [InlineData("options", """{ "vfagent.vfs": "0000:02:10.0", "no_default_route": "true" }""")]
    [InlineData("subnets", """[ { "subnet": "10.88.0.0/16" } ]""")]
    public void A_network_that_leads_nowhere_else_has_no_default_route(string key, string value)
    {
        _rig.Setup("web", NetavarkRig.Input("web", (network, _) => network[key] = JsonNode.Parse(value)));

        Assert.Equal(["eth0 10.88.0.5/16"], _rig.World.Others.NetworkOf("web"));
    }

    [Fact]
    public void Without_addresses_the_VF_is_only_set_up()
    {
        JsonNode input = NetavarkRig.Input("web", (network, options) =>
        {
            network["ipam_options"] = JsonNode.Parse("""{ "driver": "none" }""");
            network["subnets"] = null;
            options["static_ips"] = null;
        });

        JsonNode status = _rig.Setup("web", input);

        Assert.Equal("[]", status["interfaces"]!["eth0"]!["subnets"]!.ToJsonString());
        Assert.EndsWith(" 1500 up of 0000:02:10.0", _rig.Inside("web"), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_container_has_a_VF_of_its_own_and_one_too_many_is_told_who_has_them()
    {
        _rig.Setup("web");
        _rig.Setup("db");

        Assert.Equal(
            $"network pool has no free VF: 0000:02:10.0 is in use by container web ({NetavarkRig.IdOf("web")[..12]}) on network pool, " +
            $"0000:02:10.2 is in use by container db ({NetavarkRig.IdOf("db")[..12]}) on network pool",
            _rig.Refusal("cache"));

        _rig.Teardown("web");
        _rig.Setup("cache");
        Assert.Equal(NetavarkRig.IdOf("cache"), _rig.LeaseOf(_vf0)?.Container);
    }

    [Fact]
    public void A_VF_that_others_use_is_not_handed_out()
    {
        _rig.World.OthersDisk.Put("/var/lib/cni/sriov/pci/0000:02:10.0", "/run/netns/db");
        _rig.World.Others.Enslave("eth5", "br0");

        Assert.Equal(
            "network pool has no free VF: 0000:02:10.0 is in use by network namespace /run/netns/db, 0000:02:10.2 is used by the host itself",
            _rig.Refusal("web"));

        // That container is dead.
        _rig.World.Others.RemoveNamespace("db");
        _rig.Setup("web");
        Assert.StartsWith("away", _rig[_vf0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_VF_that_sriov_cni_is_handing_out_at_this_moment_is_passed_by()
    {
        using (IDisposable _ = _rig.LockOfSriovCni(_vf0).Value!)
        {
            _rig.Setup("web");
            Assert.NotNull(_rig.LeaseOf(_vf1));
            Assert.Contains("0000:02:10.0 is being handed out or taken back by sriov-cni", _rig.Refusal("db"));
        }

        _rig.Setup("db");
        Assert.NotNull(_rig.LeaseOf(_vf0));
    }

    [Fact]
    public void Nor_does_sriov_cni_get_one_that_is_on_its_way_into_a_container_or_out_of_it()
    {
        _rig.LockOfSriovCni(_vf0).Value!.Dispose();
        List<Errno?> answers = [];
        _rig.World.Faults = call =>
        {
            if (call.Kind is CallKind.MoveLink)
            {
                IoResult<IDisposable> locked = _rig.LockOfSriovCni(_vf0);
                answers.Add(locked.Error?.Errno);
                locked.Value?.Dispose();
            }

            return Fault.None;
        };

        _rig.Setup("web");
        _rig.LockOfSriovCni(_vf0).Value!.Dispose();
        _rig.Teardown("web");

        Assert.Equal([Errno.EAGAIN, Errno.EAGAIN], answers);
        _rig.LockOfSriovCni(_vf0).Value!.Dispose();
    }

    [Fact]
    public void A_VF_that_is_gone_or_elsewhere_is_said()
    {
        _rig.World.Others.MoveToContainer(_vf0, "db", "eth0");
        Assert.Null(_rig.World.Others.Write($"/sys/bus/pci/devices/{_vf1}/driver/unbind", $"{_vf1}"));
        JsonNode input = NetavarkRig.Input("web", (network, _) => network["options"]!["vfagent.vfs"] = $"{NetavarkRig.BothVfs} 0000:02:1f.6");

        Assert.Equal(
            "network pool has no free VF: 0000:02:10.0 has its interface elsewhere, 0000:02:10.2 has no driver, 0000:02:1f.6 is not there",
            _rig.Refusal("web", input));
        Assert.Equal("network pool has no VF to hand out", _rig.Refusal("web", NetavarkRig.Input("web", (network, _) => network["options"]!["vfagent.vfs"] = "")));
    }

    [Fact]
    public void A_container_that_vanished_gives_its_VF_to_the_next_one_as_it_was()
    {
        string before = _rig[_vf0];
        _rig.Setup("web", NetavarkRig.Input("web", (_, options) => options["static_mac"] = Mac));
        _rig.World.Others.RemoveNamespace("web");
        Assert.StartsWith("dev", _rig[_vf0], StringComparison.Ordinal);

        _rig.Setup("db");

        Assert.Equal(NetavarkRig.IdOf("db"), _rig.LeaseOf(_vf0)?.Container);
        _rig.Teardown("db");
        Assert.Equal(before, _rig[_vf0]);

        // Its own end comes late and finds nothing of its.
        _rig.Teardown("web");
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void The_end_of_a_container_whose_namespace_is_gone_restores_its_VF()
    {
        string before = _rig[_vf0];
        _rig.Setup("web");
        _rig.World.Others.RemoveNamespace("web");

        // Udev has looked at it meanwhile.
        _rig.World.Others.AddAlternativeName(_vf0, "eth4");

        _rig.Teardown("web");

        Assert.Equal(before, _rig[_vf0]);
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void The_end_of_a_container_whose_VF_was_taken_away_is_no_failure()
    {
        _rig.Setup("web");
        Assert.Null(_rig.World.Others.Write("/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "0"));

        _rig.Teardown("web");

        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void A_VF_whose_name_was_taken_meanwhile_comes_back_under_another()
    {
        _rig.Setup("web");
        Assert.Null(_rig.World.Others.OpenNamespace(null).Value!.SetLinkName(_rig.IndexOf("eth5"), "eth4"));

        _rig.Teardown("web");

        Assert.StartsWith("eth5 ", _rig[_vf0], StringComparison.Ordinal);
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void A_network_that_has_lost_the_VF_to_another_still_gets_it_back()
    {
        string before = _rig[_vf0];
        _rig.Setup("web");

        _rig.Teardown("web", NetavarkRig.Input("web", (network, _) => network["options"]!["vfagent.vfs"] = $"{_vf1}"));

        Assert.Equal(before, _rig[_vf0]);
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void A_container_that_starts_again_without_having_ended_does_not_keep_two_VFs()
    {
        _rig.Setup("web");
        _rig.World.Others.AddNamespace("web2");

        (int exitCode, _) = _rig.Run(NetavarkRig.Input("web"), "setup", "/run/netns/web2");

        Assert.Equal(0, exitCode);
        Assert.Equal("", _rig.Inside("web"));
        Assert.Equal("/run/netns/web2", _rig.LeaseOf(_vf0)?.Namespace);
        Assert.Null(_rig.LeaseOf(_vf1));
    }

    [Fact]
    public void A_VF_on_vfio_stays_where_it_is_and_its_address_is_reported()
    {
        BindToVfio();
        Assert.Null(_rig.World.Others.SetVf(_rig.PfIndex, 1, new VfMac("02:00:00:00:00:01")));
        int qemu = _rig.World.Others.OpenVfio(_vf0);

        JsonNode status = _rig.Setup("web");

        Assert.Equal("02:00:00:00:00:01", (string?)status["interfaces"]!["eth0"]!["mac_address"]);
        Assert.Equal("10.88.0.5/16", (string?)status["interfaces"]!["eth0"]!["subnets"]![0]!["ipnet"]);
        Assert.Equal("", _rig.Inside("web"));
        Assert.Contains($"0000:02:10.0 is open in process {qemu} (qemu-system-x86), 0000:02:10.2 is in use by container web", _rig.Refusal("db"));

        _rig.Teardown("web");
        JsonNode own = NetavarkRig.Input("db", (_, options) => options["static_mac"] = Mac);
        Assert.Equal(Mac, (string?)_rig.Setup("db", own)["interfaces"]!["eth0"]!["mac_address"]);
        Assert.Equal($"away, {Mac}", _rig[_vf1]);
        _rig.Teardown("db", own);
        Assert.Equal("away, 02:00:00:00:00:01", _rig[_vf1]);
    }

    [Fact]
    public void A_VF_that_was_bound_to_vfio_meanwhile_has_the_address_again_that_its_PF_held_for_it()
    {
        Assert.Null(_rig.World.Others.SetVf(_rig.PfIndex, 0, new VfMac("02:00:00:00:00:01")));
        JsonNode own = NetavarkRig.Input("web", (_, options) => options["static_mac"] = Mac);
        _rig.Setup("web", own);
        BindToVfio();
        Assert.Equal($"away, {Mac}", _rig[_vf0]);

        _rig.Teardown("web", own);

        Assert.Equal("away, 02:00:00:00:00:01", _rig[_vf0]);
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void A_VF_on_vfio_that_a_record_of_CNI_names_is_not_handed_out()
    {
        BindToVfio();
        string config = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"name":"n","type":"host-device","pciBusID":"0000:02:10.0"}"""));
        _rig.World.OthersDisk.Put(
            "/var/lib/cni/results/n-db-eth1",
            $$"""{"kind":"cniCacheV1","containerId":"db","config":"{{config}}","ifName":"eth1","networkName":"n","netns":"/run/netns/db"}""");

        _rig.Setup("web");

        Assert.Equal([$"{HostPaths.Run}/leases/0000:02:10.2"], _rig.Leases);
        Assert.Contains("0000:02:10.0 is in use by container db on network n, 0000:02:10.2 is in use by container web", _rig.Refusal("cache"));

        // That container is dead.
        _rig.World.Others.RemoveNamespace("db");
        _rig.Setup("cache");
    }

    private void BindToVfio()
    {
        foreach (string vf in NetavarkRig.BothVfs.Split(' '))
        {
            Assert.Null(_rig.World.Others.LoadModule("vfio-pci"));
            Assert.Null(_rig.World.Others.Write($"/sys/bus/pci/devices/{vf}/driver_override", "vfio-pci\n"));
            Assert.Null(_rig.World.Others.Write($"/sys/bus/pci/devices/{vf}/driver/unbind", vf));
            Assert.Null(_rig.World.Others.Write("/sys/bus/pci/drivers_probe", vf));
        }
    }
}
