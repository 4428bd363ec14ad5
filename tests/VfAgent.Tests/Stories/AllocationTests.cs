using System.Text.Json.Nodes;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>Which VF an attachment gets, and keeps.</summary>
public sealed class AllocationTests
{
    [Fact]
    public async Task Sixty_four_attachments_at_once_get_sixty_four_vfs_and_one_more_waits_for_the_first_that_is_freed()
    {
        await using HostRig rig = await HostRig.CreateAsync("i40e:1");
        rig.StartAgent();
        string[] names = [.. Enumerable.Range(1, 64).Select(n => $"net{n}")];

        await Task.WhenAll(names.Select(name => rig.PublishAsync($"config/networkattachments/{name}", Payloads.AttachmentNamed(name, "pool"))));
        await rig.PublishAsync("config/resources/pool", """{"name":"pool","numVfs":64,"nicSelector":{"drivers":["i40e"]}}""");

        foreach (string name in names)
            await rig.Board.WaitForPhaseAsync($"networkattachments/{name}", "IN_SYNC");
        Assert.Equal(64, names.Select(name => rig.Device(name)).Distinct().Count());

        await rig.PublishAsync("config/networkattachments/late", Payloads.AttachmentNamed("late", "pool"));
        JsonNode late = (await rig.Board.WaitForPhaseAsync("networkattachments/late", "PENDING"))!;
        Assert.Equal("NoFreeVf", late["conditions"]![1]!["reason"]!.GetValue<string>());

        string freed = rig.Device("net7")!;
        await rig.PublishAsync("config/networkattachments/net7", "");
        await rig.Board.WaitForPhaseAsync("networkattachments/late", "IN_SYNC");
        Assert.Equal(freed, rig.Device("late"));
    }

    [Fact]
    public async Task A_vf_that_a_conflist_of_somebody_else_names_is_taken_also_when_it_came_a_moment_ago()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.World.Disk.Put("/etc/cni/net.d/10-other.conflist", """{"name":"other","plugins":[{"type":"sriov","deviceID":"0000:02:10.0"}]}""");
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        rig.World.Disk.Put("/etc/cni/net.d/20-broken.conf", "{ not json, but names 0000:02:10.2");

        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.4", rig.Device("f1-u"));
        Assert.NotNull(rig.World.Disk.Look("/etc/cni/net.d/20-broken.conf"));
    }

    [Fact]
    public async Task A_name_that_another_configuration_has_is_rejected_until_it_is_free()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.World.Disk.Put("/etc/cni/net.d/10-other.conflist", """{"name":"f1-u","plugins":[{"type":"bridge"}]}""");
        rig.StartAgent("--Agent:ResyncInterval=00:00:01");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);

        JsonNode taken = (await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "REJECTED"))!;
        Assert.Equal("NameTaken", taken["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("10-other.conflist", taken["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(rig.Conflist("f1-u"));

        rig.World.Disk.Remove("/etc/cni/net.d/10-other.conflist");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
    }

    [Fact]
    public async Task An_attachment_keeps_its_vf_over_an_update_a_restart_and_a_reboot()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync("config/networkattachments/first", Payloads.AttachmentNamed("first"));
        await rig.Board.WaitForPhaseAsync("networkattachments/first", "IN_SYNC");
        await rig.PublishAsync("config/networkattachments/second", Payloads.AttachmentNamed("second"));
        await rig.Board.WaitForPhaseAsync("networkattachments/second", "IN_SYNC");
        await rig.PublishAsync("config/networkattachments/first", "");
        await rig.Board.WaitForAsync("networkattachments/first", status => status is null);

        await rig.PublishAsync("config/networkattachments/second",
            """{"name":"second","resourceName":"eth3-vfs","config":{"plugins":[{"type":"host-device"},{"type":"tuning","mtu":1400}]}}""");
        await rig.Board.WaitForAsync("networkattachments/second", status => status?["config"]?["plugins"]?[0]?["pciBusID"] is not null);
        Assert.Equal("0000:02:10.2", rig.Device("second", "pciBusID"));
        Assert.DoesNotContain("deviceID", rig.Conflist("second"), StringComparison.Ordinal);

        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        rig.World.Reboot(rig.World.Numbering with { FirstIommuGroup = 40 });
        rig.StartAgent();
        await rig.Board.WaitForAsync("agent", _ => rig.NumVfs("0000:02:00.0") == "4");
        await rig.Broker.StartEmptyAsync();
        await rig.Board.WaitForAsync("networkattachments/second", status => status?["device"]?.GetValue<string>() == "0000:02:10.2");
        Assert.Equal("0000:02:10.2", rig.Device("second", "pciBusID"));
    }

    [Fact]
    public async Task After_the_state_folder_was_lost_an_attachment_takes_the_vf_that_its_conflist_already_hands_out()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.World.Disk.Put("/etc/cni/net.d/vfagent-f1-u.conflist", """{"name":"f1-u","plugins":[{"type":"sriov","deviceID":"0000:02:10.4"}]}""");
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", status => status is not null);
        Assert.NotNull(rig.Conflist("f1-u"));

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync("config/networkattachments/other", Payloads.AttachmentNamed("other"));
        await rig.Board.WaitForPhaseAsync("networkattachments/other", "IN_SYNC");
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);

        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.4", rig.Device("f1-u"));
        Assert.Equal("0000:02:10.0", rig.Device("other"));
    }

    [Fact]
    public async Task A_device_that_a_config_names_itself_is_not_given_to_others_and_may_not_be_one_that_is_assigned()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync("config/networkattachments/static", """{"name":"static","config":{"type":"sriov","deviceID":"0000:02:10.0"}}""");
        await rig.Board.WaitForPhaseAsync("networkattachments/static", "IN_SYNC");
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.2", rig.Device("f1-u"));

        await rig.PublishAsync("config/networkattachments/greedy", """{"name":"greedy","config":{"type":"sriov","deviceID":"0000:02:10.2"}}""");

        JsonNode greedy = (await rig.Board.WaitForPhaseAsync("networkattachments/greedy", "BLOCKED"))!;
        Assert.Equal("VfTaken", greedy["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Null(rig.Conflist("greedy"));
    }

    [Fact]
    public async Task Vfs_that_appear_late_and_in_any_order_are_given_by_index_once_they_are_ready()
    {
        await using HostRig rig = await HostRig.CreateAsync(options: new SimulationOptions { ShuffleVfs = true, RenameNetdevs = true, Seed = 7 });
        rig.StartAgent();
        await rig.PublishAsync(Payloads.AttachmentTopic, """{"name":"f1-u","resourceName":"eth3-vfs","config":{"plugins":[{"type":"sriov","master":"${pf.name}","vf":"${vf.index}","if":"${vf.name}"}]}}""");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status?["config"]?["plugins"]?[0]?["if"]?.GetValue<string>() is ['e', 't', 'h', '3', 'v', ..]);
        Assert.Equal("eth3", rig.Device("f1-u", "master"));
        Assert.Null(rig.Device("f1-u"));
    }
}
