using System.Text;
using System.Text.Json.Nodes;
using VfAgent.Core.Observed;

namespace VfAgent.Tests.Stories;

/// <summary>VFs that somebody uses, and changes that would take them away.</summary>
public sealed class UseTests
{
    private const string Container = "8f3c2b10ab1244cc9e";
    private const string Record = "/var/lib/cni/results/f1-u-8f3c2b10ab1244cc9e-eth1";
    private static readonly PciAddress _firstVf = PciAddress.Parse("0000:02:10.0");
    private static readonly string _six = Payloads.ResourceWith(numVfs: 6);

    [Fact]
    public async Task Another_count_does_not_wait_for_an_attachment_that_no_container_uses()
    {
        await using HostRig rig = await InSyncAsync();

        await rig.PublishAsync(Payloads.ResourceTopic, _six);

        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
    }

    [Fact]
    public async Task Another_count_waits_for_the_container_that_has_a_vf_and_names_it()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Kernel.MoveToContainer(_firstVf, "web");
        rig.World.Disk.Put(Record, Result("/run/netns/web"));

        await rig.PublishAsync(Payloads.ResourceTopic, _six);

        JsonNode blocked = await BlockedAsync(rig, "VF 0 (container 8f3c2b10ab12 on network f1-u)");
        Assert.Equal("container 8f3c2b10ab12 on network f1-u", Vfs(blocked)[0]!["usedBy"]!.GetValue<string>());
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));

        rig.World.Kernel.MoveToHost(_firstVf);
        rig.World.Disk.Remove(Record);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task A_record_that_is_written_after_the_interface_has_moved_is_found()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Kernel.MoveToContainer(_firstVf, "web");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => UsedBy(status, 0) == "another network namespace");

        rig.World.Disk.Put(Record, Result("/run/netns/web"));

        await rig.Board.WaitForAsync("resources/eth3-vfs", status => UsedBy(status, 0) == "container 8f3c2b10ab12 on network f1-u");
    }

    [Fact]
    public async Task A_container_that_no_record_names_is_waited_for_all_the_same()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Kernel.MoveToContainer(_firstVf, "web");

        await rig.PublishAsync(Payloads.ResourceTopic, _six);

        await BlockedAsync(rig, "VF 0 (another network namespace)");
        rig.World.Kernel.MoveToHost(_firstVf);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task A_container_in_a_pool_has_one_VF_though_its_record_names_all()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Kernel.MoveToContainer(_firstVf, "web");
        rig.World.Disk.Put(Record, Result(
            "/run/netns/web",
            """{"name":"f1-u","plugins":[{"type":"vfagent","vfs":["0000:02:10.0","0000:02:10.2"],"delegate":{"type":"sriov"}}]}"""));

        await rig.PublishAsync(Payloads.ResourceTopic, _six);

        JsonNode blocked = await BlockedAsync(rig, "VF 0 (another network namespace)");
        Assert.True(string.IsNullOrEmpty(UsedBy(blocked, 1)));
    }

    [Fact]
    public async Task A_record_whose_namespace_is_gone_blocks_nothing()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Disk.Put(Record, Result("/run/netns/long-gone"));
        rig.World.Disk.Put("/var/lib/cni/sriov/pci/0000:02:10.2", "/run/netns/long-gone\n");

        await rig.PublishAsync(Payloads.ResourceTopic, _six);

        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task A_VF_is_free_when_the_namespace_of_its_container_goes_though_the_records_stay()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Kernel.MoveToContainer(_firstVf, "web");
        rig.World.Disk.Put(Record, Result("/run/netns/web"));
        rig.World.Disk.Put("/var/lib/cni/sriov/pci/0000:02:10.0", "/run/netns/web\n");
        await rig.PublishAsync(Payloads.ResourceTopic, _six);
        await BlockedAsync(rig, "VF 0 (container 8f3c2b10ab12 on network f1-u)");

        rig.World.Kernel.MoveToHost(_firstVf);

        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task A_device_that_a_process_holds_open_is_waited_for_though_force_is_asked_for()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        string vfio = Payloads.Resource.Replace("\"netdevice\"", "\"vfio-pci\",\"disruptionPolicy\":\"FORCE\"", StringComparison.Ordinal);
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, vfio);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        int pid = rig.World.Kernel.OpenVfio(_firstVf);

        // Nothing tells that a device was opened: it shows when the PF is looked at again.
        rig.World.Kernel.LoseEvents();
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => UsedBy(status, 0) == $"process {pid} (qemu-system-x86)");
        await rig.PublishAsync(Payloads.ResourceTopic, vfio.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal));

        await BlockedAsync(rig, $"VF 0 (process {pid} (qemu-system-x86))");
        rig.World.Kernel.CloseVfio(pid);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task Force_does_not_wait_for_containers()
    {
        await using HostRig rig = await InSyncAsync();
        rig.World.Kernel.MoveToContainer(_firstVf, "web");

        await rig.PublishAsync(Payloads.ResourceTopic, _six.Replace("{\"name\"", "{\"disruptionPolicy\":\"FORCE\",\"name\"", StringComparison.Ordinal));

        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task Never_means_not_even_when_nobody_uses_them()
    {
        await using HostRig rig = await InSyncAsync();

        await rig.PublishAsync(Payloads.ResourceTopic, _six.Replace("{\"name\"", "{\"disruptionPolicy\":\"NEVER\",\"name\"", StringComparison.Ordinal));

        JsonNode blocked = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "BLOCKED"))!;
        Assert.Equal("DisruptionForbidden", blocked["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
    }

    [Fact]
    public async Task Another_count_waits_for_the_host_that_has_a_VF_in_a_bridge()
    {
        await using HostRig rig = await InSyncAsync();
        string netdev = NetdevOf(rig, 1);
        rig.World.Kernel.Enslave(netdev, "br0");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => UsedBy(status, 1) == "the host (in br0)");

        await rig.PublishAsync(Payloads.ResourceTopic, _six);

        await BlockedAsync(rig, "VF 1 (the host (in br0))");
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));

        rig.World.Kernel.Enslave(netdev, null);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 6);
    }

    [Fact]
    public async Task Force_takes_a_VF_from_a_bridge_of_the_hosts_but_not_from_the_default_route()
    {
        await using HostRig rig = await HostRig.CreateAsync("mlx5:2");
        string forced = _six.Replace("{\"name\"", "{\"disruptionPolicy\":\"FORCE\",\"name\"", StringComparison.Ordinal)
            .Replace("\"igb\"", "\"mlx5_core\"", StringComparison.Ordinal);
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, forced);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        rig.World.Kernel.Enslave(NetdevOf(rig, 1), "br0");
        rig.World.Kernel.SetDefaultRoute("br0");

        await rig.PublishAsync(Payloads.ResourceTopic, forced.Replace("\"numVfs\":6", "\"numVfs\":5", StringComparison.Ordinal));

        JsonNode blocked = await BlockedAsync(rig, "VF 1 of 0000:02:00.0 carries the default route (over br0)");
        Assert.Equal("ManagementNic", (string?)blocked["conditions"]![1]!["reason"]);
        Assert.Equal("the host (the default route (over br0))", (string?)Vfs(blocked)[1]!["usedBy"]);
        Assert.Equal("the default route (over br0), through VF 1", (string?)blocked["status"]![0]!["carries"]);
        Assert.Equal("6", rig.NumVfs("0000:02:00.0"));

        rig.World.Kernel.SetDefaultRoute("eth2");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Phase(status) == "IN_SYNC" && Vfs(status).Count == 5);
    }

    [Fact]
    public async Task A_VF_in_a_bond_of_the_hosts_is_not_handed_out()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        rig.World.Kernel.Enslave(NetdevOf(rig, 0), "bond0");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => UsedBy(status, 0) == "the host (in bond0)");

        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.2", rig.Device("f1-u"));
    }

    private static string NetdevOf(HostRig rig, int vf) =>
        Assert.Single(rig.World.Others.List($"/sys/bus/pci/devices/0000:02:00.0/virtfn{vf}/net").Value!);

    private static string? Phase(JsonNode? status) => (string?)status?["phase"];

    private static JsonArray Vfs(JsonNode? status) => status!["status"]![0]!["vfs"]!.AsArray();

    // null also for a VF that is not there yet.
    private static string? UsedBy(JsonNode? status, int vf) => (string?)Vfs(status).ElementAtOrDefault(vf)?["usedBy"];

    private static async Task<JsonNode> BlockedAsync(HostRig rig, string by) => (await rig.Board.WaitForAsync("resources/eth3-vfs", status =>
        Phase(status) == "BLOCKED" && status!["conditions"]![1]!["message"]!.GetValue<string>().Contains(by, StringComparison.Ordinal)))!;

    // As libcni writes it (kind cniCacheV1), with the plugin's configuration in it.
    private static string Result(string sandbox, string plugin = """{"cniVersion":"1.0.0","name":"f1-u","type":"sriov","deviceID":"0000:02:10.0"}""")
    {
        string config = Convert.ToBase64String(Encoding.UTF8.GetBytes(plugin));
        return $$$"""
            {"kind":"cniCacheV1","containerId":"{{{Container}}}","config":"{{{config}}}","ifName":"eth1","networkName":"f1-u",
             "result":{"cniVersion":"1.0.0","interfaces":[{"name":"eth1","sandbox":"{{{sandbox}}}"}]}}
            """;
    }

    private static async Task<HostRig> InSyncAsync()
    {
        HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 2);
        return rig;
    }
}
