using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation;

namespace VfAgent.Tests.Cni;

/// <summary>Containers that start and stop in pools of CNI networks.</summary>
public sealed class CniPluginTests : IDisposable
{
    private static readonly PciAddress _vf0 = CniRig.Vf0;
    private static readonly PciAddress _vf1 = CniRig.Vf1;

    private readonly CniRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_container_gets_a_VF_through_the_plugin_that_the_network_names()
    {
        JsonNode result = _rig.Add("web");

        Assert.Equal("""{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}]}""", result.ToJsonString());
        Assert.Equal(
            [
                """
                ADD web web {"cniVersion":"1.0.0","name":"pool","runtimeConfig":{"mac":"02:00:00:00:00:aa"},"type":"web","ipam":{"type":"host-local"},"deviceID":"0000:02:10.0"}
                """.Trim(),
            ],
            _rig.Asked);
        Assert.Equal($"container web ({CniRig.IdOf("web")[..12]}) on network pool", _rig.LeaseOf(_vf0)?.ToString());
    }

    [Fact]
    public void A_plugin_that_looks_elsewhere_for_its_device_finds_it_there()
    {
        JsonObject config = CniRig.Config();
        config["delegate"]!["type"] = "host-device";
        _rig.World.Others.AddNamespace("host-device");
        _rig.Refusal = "{}";

        _rig.Run("ADD", "web", config.ToJsonString());

        Assert.Contains("\"pciBusID\":\"0000:02:10.0\"", _rig.Asked[0]);
    }

    [Theory]
    [InlineData("sriov", null)]
    [InlineData("web", Errno.EAGAIN)]
    public void Sriov_cni_takes_the_lock_of_its_VF_itself_and_finds_that_of_anothers_taken(string type, Errno? found)
    {
        JsonObject config = CniRig.Config();
        config["delegate"]!["type"] = type;
        _rig.World.Others.AddNamespace(type);
        List<Errno?> answers = [];
        _rig.Meanwhile = () =>
        {
            IoResult<IDisposable> locked = _rig.LockOfSriovCni(_vf0);
            answers.Add(locked.Error?.Errno);
            locked.Value?.Dispose();
        };
        _rig.LockOfSriovCni(_vf0).Value!.Dispose();

        Assert.Equal(0, _rig.Run("ADD", "web", config.ToJsonString()).ExitCode);

        Assert.Equal([found], answers);
        _rig.LockOfSriovCni(_vf0).Value!.Dispose();
        Assert.Equal(0, _rig.Run("DEL", "web", config.ToJsonString()).ExitCode);
    }

    [Fact]
    public void When_it_ends_the_VF_is_what_it_was_whatever_the_other_plugin_has_left()
    {
        string before = _rig[_vf0];
        _rig.Add("web");
        _rig.World.Others.ChangeInContainer(_vf0, 9000, "02:00:00:00:00:aa");

        Assert.Equal((0, ""), _rig.Run("DEL", "web"));

        Assert.Equal(before, _rig[_vf0]);
        Assert.Empty(_rig.Leases);
        Assert.Equal((0, ""), _rig.Run("DEL", "web"));
        Assert.Equal(2, _rig.Asked.Count);
    }

    [Fact]
    public void Nor_does_an_end_fail_whose_namespace_is_gone()
    {
        string before = _rig[_vf0];
        _rig.Add("web");
        _rig.World.Others.RemoveNamespace("web");
        _rig.Refusal = "{}";

        // The other plugin is not there any more either.
        Assert.Equal((0, ""), _rig.Run("DEL", "web", place: ""));

        Assert.Equal(before, _rig[_vf0]);
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void The_addresses_of_a_container_whose_namespace_has_gone_are_freed_when_it_is_removed()
    {
        _rig.World.Others.AddNamespace(CniRig.AddressPlugin);
        _rig.Add("cache");
        _rig.World.Others.RemoveNamespace("cache");

        Assert.Equal((0, ""), _rig.Run("DEL", "cache"));

        Assert.Equal(["ADD web", "DEL web", "DEL host-local"], _rig.Asked.Select(Called));
        Assert.Contains("\"ipam\":{\"type\":\"host-local\"}", _rig.Asked[^1], StringComparison.Ordinal);

        // The other plugin does so itself.
        _rig.Asked.Clear();
        _rig.Add("db");
        Assert.Equal((0, ""), _rig.Run("DEL", "db"));
        Assert.Equal(["ADD web", "DEL web"], _rig.Asked.Select(Called));
    }

    [Fact]
    public void Or_when_the_networks_next_container_comes_if_nobody_removes_it()
    {
        _rig.World.Others.AddNamespace(CniRig.AddressPlugin);
        _rig.Add("cache");
        _rig.World.Others.RemoveNamespace("cache");
        _rig.Asked.Clear();

        _rig.Add("db");

        Assert.Equal(["DEL web", "DEL host-local", "ADD web"], _rig.Asked.Select(Called));
        Assert.Equal(CniRig.IdOf("db"), _rig.LeaseOf(_vf0)?.Container);

        // Late, and once more, which does no harm.
        Assert.Equal((0, ""), _rig.Run("DEL", "cache"));
        Assert.Equal(["DEL web", "DEL host-local", "ADD web", "DEL host-local"], _rig.Asked.Select(Called));
        Assert.Equal(CniRig.IdOf("db"), _rig.LeaseOf(_vf0)?.Container);
    }

    [Fact]
    public void Each_container_has_a_VF_of_its_own_and_one_too_many_is_told_who_has_them()
    {
        _rig.Add("web");
        _rig.Add("db");

        (int code, string message) = _rig.Fails("ADD", "cache");

        Assert.Equal(11, code);
        Assert.Equal(
            $"network pool has no free VF: 0000:02:10.0 is in use by container web ({CniRig.IdOf("web")[..12]}) on network pool, " +
            $"0000:02:10.2 is in use by container db ({CniRig.IdOf("db")[..12]}) on network pool",
            message);
        Assert.Equal((0, ""), _rig.Run("DEL", "web"));
        _rig.Add("cache");
        Assert.Equal(CniRig.IdOf("cache"), _rig.LeaseOf(_vf0)?.Container);
    }

    [Fact]
    public void A_start_that_the_other_plugin_refuses_is_undone_and_its_words_are_passed_on()
    {
        string before = _rig[_vf0];
        _rig.Refusal = """{"cniVersion":"1.0.0","code":100,"msg":"no"}""";

        Assert.Equal((1, _rig.Refusal), _rig.Run("ADD", "web"));

        Assert.Equal(["ADD", "DEL"], _rig.Asked.Select(asked => asked[..3]));
        Assert.Equal(before, _rig[_vf0]);
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void A_plugin_that_is_not_installed_is_said()
    {
        JsonObject config = CniRig.Config();
        config["delegate"]!["type"] = "missing";

        Assert.Equal((7, "there is no plugin missing in /nowhere:/run/netns"), _rig.Fails("ADD", "web", config.ToJsonString()));
        Assert.Empty(_rig.Leases);
    }

    [Fact]
    public void A_check_asks_the_other_plugin_about_the_VF_that_the_container_has()
    {
        Assert.Equal((3, "the container has no VF of network pool"), _rig.Fails("CHECK", "web"));
        _rig.Add("db");
        _rig.Add("web");

        Assert.Equal((0, ""), _rig.Run("CHECK", "web"));

        Assert.StartsWith("CHECK web web ", _rig.Asked[^1], StringComparison.Ordinal);
        Assert.Contains($"\"deviceID\":\"{_vf1}\"", _rig.Asked[^1]);
    }

    [Fact]
    public void Garbage_is_what_containers_have_that_the_runtime_does_not_know()
    {
        string before = _rig[_vf0];
        _rig.Add("web");
        _rig.Add("db");
        JsonObject config = CniRig.Config("1.1.0");
        config["cni.dev/valid-attachments"] = JsonNode.Parse($$"""[ { "containerID": "{{CniRig.IdOf("db")}}", "ifname": "eth0" } ]""");

        Assert.Equal((0, ""), _rig.Run("GC", config: config.ToJsonString()));

        Assert.Equal(["ADD", "ADD", "DEL", "GC "], _rig.Asked.Select(asked => asked[..3]));
        Assert.Equal(before, _rig[_vf0]);
        Assert.Null(_rig.LeaseOf(_vf0));
        Assert.NotNull(_rig.LeaseOf(_vf1));
    }

    [Fact]
    public void A_network_is_available_when_it_has_VFs_and_the_other_plugin_says_so()
    {
        Assert.Equal((0, ""), _rig.Run("STATUS", config: CniRig.Config("1.1.0").ToJsonString()));

        JsonObject empty = CniRig.Config("1.1.0");
        empty["vfs"] = new JsonArray();
        Assert.Equal((50, "network pool has no VF to hand out"), _rig.Fails("STATUS", config: empty.ToJsonString()));
    }

    [Fact]
    public void It_says_which_versions_it_speaks() =>
        Assert.Equal((0, """{"cniVersion":"1.1.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}"""), _rig.Run("VERSION", config: "{}"));

    [Theory]
    [InlineData("MOVE", "{}", 4, "CNI_COMMAND 'MOVE' is not known")]
    [InlineData("ADD", "no json", 6, "the configuration is not JSON")]
    [InlineData("ADD", "[]", 6, "the configuration is no object")]
    [InlineData("ADD", """{"cniVersion":"9.0.0","name":"pool"}""", 1, "cniVersion '9.0.0' is not one of")]
    [InlineData("ADD", """{"cniVersion":"1.0.0"}""", 7, "the configuration has no name")]
    [InlineData("DEL", """{"cniVersion":"1.0.0","name":"pool","vfs":[]}""", 7, "the configuration has no delegate with a type")]
    [InlineData("ADD", """{"cniVersion":"1.0.0","name":"pool","vfs":[],"delegate":{"type":"../sriov"}}""", 7, "the configuration has no delegate with a type")]
    [InlineData("ADD", """{"cniVersion":"1.0.0","name":"pool","delegate":{"type":"sriov"}}""", 7, "the configuration has no vfs")]
    [InlineData("ADD", """{"cniVersion":"1.0.0","name":"pool","vfs":[7],"delegate":{"type":"sriov"}}""", 7, "7 in vfs is not a PCI address")]
    public void What_cannot_be_is_said_in_the_codes_of_the_specification(string command, string config, int code, string message)
    {
        (int Code, string Message) error = _rig.Fails(command, "web", config);

        Assert.Equal(code, error.Code);
        Assert.Contains(message, error.Message);
        Assert.Empty(_rig.Asked);
    }

    [Fact]
    public void A_parameter_that_is_missing_is_said()
    {
        Assert.Equal((4, "CNI_CONTAINERID, CNI_NETNS or CNI_IFNAME is missing"), _rig.Fails("ADD"));
        Assert.Equal(1, _rig.Run("ADD", "web", place: "").ExitCode);
        Assert.Equal(0, _rig.Run("DEL", "web", place: "").ExitCode);
        Assert.Equal(5, (int)JsonNode.Parse(_rig.Run("ADD", "web", place: "/run/netns/nowhere").Output)!["code"]!);
    }

    [Fact]
    public void A_container_with_two_interfaces_in_one_network_has_two_VFs()
    {
        _rig.Add("web");
        Assert.Equal(0, _rig.Run("ADD", "web", @interface: "eth1").ExitCode);

        Assert.Equal(("eth0", "eth1"), (_rig.LeaseOf(_vf0)?.Interface, _rig.LeaseOf(_vf1)?.Interface));
        Assert.Equal(0, _rig.Run("DEL", "web", @interface: "eth1").ExitCode);
        Assert.Null(_rig.LeaseOf(_vf1));
    }

    [Fact]
    public void A_plugin_that_is_killed_anywhere_leaves_nothing_that_the_containers_end_does_not_undo()
    {
        string before = _rig[_vf0];
        _rig.Add("web");
        Assert.Equal((0, ""), _rig.Run("DEL", "web"));
        int start = _rig.World.Writes;
        _rig.Add("web");
        int add = _rig.World.Writes - start;
        Assert.Equal((0, ""), _rig.Run("DEL", "web"));
        int all = _rig.World.Writes - start;
        for (int number = 1; number <= all; number++)
        {
            // Killed in the start, or in the end of one that went well.
            if (number > add)
                _rig.Add("web");
            int at = _rig.World.Writes + (number > add ? number - add : number);
            _rig.World.Faults = call => call.Number == at ? Fault.CrashAfter : Fault.None;
            Assert.Throws<SimulatedCrashException>(() => _rig.Run(number > add ? "DEL" : "ADD", "web"));
            _rig.World.Faults = null;
            _rig.World.Restart();

            Assert.Equal((0, ""), _rig.Run("DEL", "web"));

            Assert.Equal($"{before} {number}", $"{_rig[_vf0]} {number}");
            Assert.Empty(_rig.Leases);
        }
    }

    // The command and the other plugin's type.
    private static string Called(string asked) => string.Join(' ', asked.Split(' ')[..2]);
}
