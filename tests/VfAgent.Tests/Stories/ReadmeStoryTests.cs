using System.Text.Json.Nodes;
using Google.Protobuf;
using VfAgent.Protocol.V1;

namespace VfAgent.Tests.Stories;

/// <summary>The main job: a config message becomes VFs, a conflist and an honest status.</summary>
public sealed class ReadmeStoryTests
{
    [Fact]
    public async Task The_json_of_vf_operators_readme_gives_vfs_and_a_conflist_with_the_first_one()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);

        JsonNode attachment = (await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC"))!;
        JsonNode resource = (await rig.Board.WaitForAsync(
            "resources/eth3-vfs", status => (string?)status?["status"]?[0]?["vfs"]?.AsArray().FirstOrDefault()?["networkattachment"] == "f1-u"))!;
        Assert.Equal("IN_SYNC", resource["phase"]!.GetValue<string>());
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
        Assert.Equal("0", rig.NumVfs("0000:01:00.0"));
        Assert.Equal(
            ["0000:02:10.0", "0000:02:10.2", "0000:02:10.4", "0000:02:10.6"],
            resource["status"]![0]!["vfs"]!.AsArray().Select(vf => vf!["device"]!.GetValue<string>()));
        Assert.Equal("0000:02:10.0", attachment["config"]!["plugins"]![0]!["deviceID"]!.GetValue<string>());
        Assert.Equal("/etc/cni/net.d/vfagent-f1-u.conflist", attachment["conflist"]!.GetValue<string>());
        Assert.Equal(
            """
            {
              "cniVersion": "1.0.0",
              "name": "f1-u",
              "plugins": [
                {
                  "type": "sriov",
                  "deviceID": "0000:02:10.0"
                }
              ]
            }

            """,
            rig.Conflist("f1-u"));
        Assert.Equal(0b110_100_100, rig.World.Disk.Look("/etc/cni/net.d/vfagent-f1-u.conflist")!.Mode);
    }

    [Fact]
    public async Task The_same_as_protobuf_bytes_and_in_the_other_order_ends_the_same()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();

        await rig.PublishAsync(Payloads.AttachmentTopic, NetworkAttachment.Parser.ParseJson(Payloads.Attachment).ToByteArray());
        JsonNode pending = (await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "PENDING"))!;
        Assert.Equal("ResourceNotFound", Reason(pending, "InSync"));
        await rig.PublishAsync(Payloads.ResourceTopic, ResourceConfig.Parser.ParseJson(Payloads.Resource).ToByteArray());

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
    }

    [Fact]
    public async Task An_empty_payload_takes_conflist_cdi_spec_status_and_vfs_away()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync("config/resources/pool", """{"name":"pool","numVfs":2,"needVhostNet":true,"nicSelector":{"pfNames":["eth3"]},"deviceType":"vfio-pci"}""");
        await rig.PublishAsync("config/networkattachments/a1", Payloads.AttachmentNamed("a1", "pool"));
        JsonNode attachment = (await rig.Board.WaitForPhaseAsync("networkattachments/a1", "IN_SYNC"))!;
        Assert.Equal("vfagent.io/vfio=a1", attachment["cdiDevice"]!.GetValue<string>());
        Assert.NotNull(rig.World.Disk.Look("/etc/cdi/vfagent-vfio-a1.json"));
        Assert.NotNull(rig.World.Disk.Look("/etc/cdi/vfagent-vhost-net-pool.json"));

        await rig.PublishAsync("config/networkattachments/a1", "");
        await rig.PublishAsync("config/resources/pool", "");

        await rig.Board.WaitForAsync("networkattachments/a1", status => status is null);
        await rig.Board.WaitForAsync("resources/pool", status => status is null);
        Assert.Null(rig.Conflist("a1"));
        Assert.Empty(rig.World.Disk.Files("/etc/cdi"));
        Assert.Empty(rig.World.Disk.Files("/var/lib/vfagent"));
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
    }

    [Fact]
    public async Task A_resource_that_retains_leaves_the_vfs_when_it_is_deleted()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync("config/resources/pool", """{"name":"pool","numVfs":2,"nicSelector":{"pfNames":["eth3"]},"deletionPolicy":"RETAIN"}""");
        await rig.Board.WaitForPhaseAsync("resources/pool", "IN_SYNC");

        await rig.PublishAsync("config/resources/pool", "");

        await rig.Board.WaitForAsync("resources/pool", status => status is null);
        Assert.Empty(rig.World.Disk.Files("/var/lib/vfagent"));
        Assert.Equal("2", rig.NumVfs("0000:02:00.0"));
    }

    [Fact]
    public async Task A_second_look_at_a_host_in_sync_writes_nothing_and_publishes_nothing()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent("--Agent:ResyncInterval=00:00:01");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 2);
        await rig.Board.WaitForAsync("discovery", _ => rig.IsQuiet);
        (int writes, int published, int reads) = (rig.World.Writes, rig.Published, rig.World.Reads);

        await rig.Board.WaitForAsync("agent", _ => rig.World.Reads > reads + 150);

        Assert.Equal(writes, rig.World.Writes);
        Assert.Equal(published, rig.Published);
    }

    [Fact]
    public async Task Vf_operators_configuration_file_works_as_the_bootstrap_file_with_no_broker()
    {
        await using HostRig rig = await HostRig.CreateAsync("igb:3");
        await rig.Broker.StopAsync();
        rig.World.Disk.Put("/etc/vfagent/config.json", await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "Stories", "vf-operator-config.json"), TestContext.Current.CancellationToken));

        rig.StartAgent();

        await rig.Board.WaitForAsync("agent", _ => rig.World.Disk.Files("/etc/cni/net.d").Count == 7);
        await rig.Broker.StartAsync();
        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 9);
        Assert.Equal("0000:02:10.0", rig.Device("llscu"));
        Assert.Equal("0000:03:10.0", rig.Device("f1-u"));
        Assert.Equal("0000:01:10.6", rig.Device("eth2vf3"));
        Assert.Equal(
            ["/etc/cdi/vfagent-vfio-f1-u.json", "/etc/cdi/vfagent-vhost-net-eth3.json", "/etc/cdi/vfagent-vhost-net-eth4.json"],
            rig.World.Disk.Files("/etc/cdi"));
    }

    private static string? Reason(JsonNode status, string type) =>
        status["conditions"]!.AsArray().Single(condition => condition!["type"]!.GetValue<string>() == type)!["reason"]!.GetValue<string>();
}
