using System.Text.Json.Nodes;

namespace VfAgent.Tests.Stories;

/// <summary>Whoever is missing, be it the broker, its store, a file or the agent itself, takes nothing off the host.</summary>
public sealed class AbsenceTests
{
    [Fact]
    public async Task A_broker_that_comes_back_empty_changes_nothing_on_the_host_and_gets_all_status_again()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        int writes = rig.HostWrites;
        string files = rig.Files();

        await rig.Broker.StopAsync();
        rig.Board.Clear();
        await rig.Broker.StartEmptyAsync();

        JsonNode resource = (await rig.Board.WaitForAsync("resources/eth3-vfs", status => status?["conditions"]?.AsArray().Count == 3))!;
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status?["conditions"]?.AsArray().Count == 3);
        await rig.Board.WaitForAsync("agent", status => status is not null);
        await rig.Board.WaitForAsync("discovery", status => status is not null);
        Assert.Equal("NotRetained", resource["conditions"]![2]!["reason"]!.GetValue<string>());
        Assert.Equal("IN_SYNC", resource["phase"]!.GetValue<string>());
        Assert.Equal(writes, rig.HostWrites);
        Assert.Equal(files, rig.Files());

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status?["conditions"]?.AsArray().Count == 2);
    }

    [Fact]
    public async Task A_message_published_without_the_retain_flag_is_applied_and_says_so()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.SettledAsync();

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource, retain: false);

        JsonNode resource = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC"))!;
        Assert.Equal("NotRetained", resource["conditions"]![2]!["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_agent_whose_state_folder_was_lost_gets_its_config_again_though_the_broker_counts_it_as_delivered()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        string files = rig.Files();
        await rig.StopAgentAsync();
        foreach (string file in rig.World.Disk.Files("/var/lib/vfagent"))
            rig.World.Disk.Remove(file);
        rig.Board.Clear();

        rig.StartAgent();

        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 2);
        Assert.Equal(files.Replace("\"originalNumVfs\":0", "\"originalNumVfs\":4", StringComparison.Ordinal), rig.Files());
    }

    [Fact]
    public async Task What_was_deleted_while_the_agent_was_away_goes_when_it_is_back()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        await rig.StopAgentAsync();
        await rig.PublishAsync(Payloads.AttachmentTopic, "");

        rig.StartAgent();

        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status is null);
        await rig.Board.WaitForAsync("agent", _ => rig.Conflist("f1-u") is null);
    }

    [Fact]
    public async Task An_agent_restarted_with_no_broker_and_no_vfs_brings_everything_back()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        string files = rig.Files();
        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        rig.World.Reboot();

        rig.StartAgent();

        await rig.Board.WaitForAsync("agent", _ => rig.NumVfs("0000:02:00.0") == "4");
        await rig.Broker.StartEmptyAsync();
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal(files, rig.Files());
    }

    [Fact]
    public async Task Status_of_an_earlier_run_whose_object_is_gone_is_cleared()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        await rig.PublishAsync("status/resources/ghost", "x");
        await rig.PublishAsync("json/status/resources/ghost", """{"phase":"IN_SYNC"}""");

        rig.StartAgent();

        await rig.Board.WaitForAsync("resources/ghost", status => status is null);
        await rig.Board.WaitForAsync("agent", _ => rig.Retained("status/resources/ghost") is null);
    }
}
