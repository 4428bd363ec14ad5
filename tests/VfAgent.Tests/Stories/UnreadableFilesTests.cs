using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>Files that cannot be read, listed or synced.</summary>
public sealed class UnreadableFilesTests
{
    [Theory]
    [InlineData("host/networkattachments")]
    [InlineData("host/resources")]
    public async Task An_agent_that_cannot_list_its_config_deletes_nothing(string folder)
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        string files = rig.Files();
        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        bool fails = true;
        rig.World.Faults = call =>
            fails && call.Kind == CallKind.ListFiles && call.Path.EndsWith(folder, StringComparison.Ordinal) ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.StartAgent();
        Assert.Contains("The state directory cannot be used", await rig.FailureAsync(), StringComparison.Ordinal);
        Assert.Equal(files, rig.Files());

        fails = false;
        await rig.Broker.StartAsync();
        rig.Board.Clear();
        rig.StartAgent();
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal(files, rig.Files());
    }

    [Theory]
    [InlineData("host/networkattachments/f1-u")]
    [InlineData("host/resources/eth3-vfs")]
    public async Task A_held_object_that_cannot_be_read_stays_on_the_host_and_its_status_says_so(string file)
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        string files = rig.Files();
        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        rig.World.Faults = call =>
            call.Kind == CallKind.ReadFile && call.Path.EndsWith(file, StringComparison.Ordinal) ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.Board.Clear();
        rig.StartAgent();
        await rig.Broker.StartEmptyAsync();

        await rig.Board.WaitForAsync("discovery", discovery => discovery?["physicalFunctions"]?.AsArray().Count == 2);
        await rig.Board.WaitForAsync("agent", _ => rig.IsQuiet);
        Assert.Equal(files, rig.Files());
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
        JsonNode? status = await rig.Board.WaitForPhaseAsync(file["host/".Length..], "DEGRADED");
        Assert.Contains("cannot be read", status!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_written_and_cannot_be_read_goes_when_it_is_not_wanted_any_more()
    {
        const string Spec = $"{HostRig.CdiDirectory}/vfagent-vhost-net-eth3-vfs.json";
        await using HostRig rig = await HostRig.WithResourceAsync();
        rig.World.Faults = call => call is { Kind: CallKind.ReadFile, Path: Spec } ? Fault.Fail(Errno.EIO) : Fault.None;

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("\"needVhostNet\":false", "\"needVhostNet\":true", StringComparison.Ordinal));
        await rig.Board.WaitForAsync("agent", _ => rig.World.Disk.Look(Spec) is not null);
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        await rig.Board.WaitForAsync("agent", _ => rig.World.Disk.Look(Spec) is null);
    }

    [Fact]
    public async Task A_held_object_that_cannot_be_read_at_first_is_read_again()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        int refused = 0;
        rig.World.Faults = call =>
            call.Kind == CallKind.ReadFile && call.Path.EndsWith("host/resources/eth3-vfs", StringComparison.Ordinal) && Interlocked.Increment(ref refused) == 1
                ? Fault.Fail(Errno.EIO)
                : Fault.None;
        rig.Board.Clear();
        rig.StartAgent();
        await rig.Broker.StartEmptyAsync();

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task An_object_whose_own_config_cannot_be_read_does_not_become_what_the_document_says()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        await rig.PublishAsync("config", """{"generation":7,"resourceConfigs":[{"name":"eth3-vfs","numVfs":2,"nicSelector":{"pfNames":["eth3"]}}]}""");
        await rig.Board.WaitForAsync("agent", _ => rig.World.Disk.Look("/var/lib/vfagent/config/host/document") is not null);
        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        rig.World.Faults = call =>
            call.Kind == CallKind.ReadFile && call.Path.EndsWith("host/resources/eth3-vfs", StringComparison.Ordinal) ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.Board.Clear();
        rig.StartAgent();
        await rig.Broker.StartEmptyAsync();

        await rig.Board.WaitForAsync("discovery", discovery => discovery?["physicalFunctions"]?.AsArray().Count == 2);
        await rig.Board.WaitForAsync("agent", _ => rig.IsQuiet);
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));

        await rig.PublishAsync(Payloads.ResourceTopic, "");
        await rig.Board.WaitForAsync("agent", _ => rig.NumVfs("0000:02:00.0") == "2");
    }

    [Fact]
    public async Task A_conflist_of_another_program_that_cannot_be_read_gives_no_vf_away()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        const string Other = "/etc/cni/net.d/50-other.conflist";
        rig.World.Disk.Put(Other, """{"name":"other","cniVersion":"1.0.0","plugins":[{"type":"sriov","deviceID":"0000:02:10.0"}]}""");
        int failed = 0;
        bool fails = true;
        rig.World.Faults = call =>
            fails && call is { Kind: CallKind.ReadFile, Path: Other } && Interlocked.Increment(ref failed) > 0 ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        JsonNode held = (await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "DEGRADED"))!;
        Assert.Equal("DiskFault", held["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains(Other, held["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await rig.Board.WaitForAsync("agent", _ => failed > 2);
        Assert.Null(rig.Conflist("f1-u"));

        fails = false;
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.2", rig.Device("f1-u"));
    }

    [Fact]
    public async Task A_config_whose_folder_could_not_be_synced_is_not_confirmed_by_the_next_run_before_it_is()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        bool fails = false;
        rig.World.Faults = call =>
            fails && call.Kind == CallKind.SyncFile && call.Path.EndsWith("/config/host/resources", StringComparison.Ordinal)
                ? Fault.Fail(Errno.EIO)
                : Fault.None;
        rig.StartAgent();
        await rig.Board.WaitForAsync("agent", status => status is not null);
        fails = true;
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForAsync("agent", _ => rig.Log.Contains("ConfigNotSaved", StringComparison.Ordinal));
        await rig.StopAgentAsync();

        fails = false;
        rig.StartAgent();
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.StopAgentAsync();
        await rig.Broker.StopAsync();
        rig.World.PowerLoss();

        rig.StartAgent();
        await rig.Board.WaitForAsync("agent", _ => rig.NumVfs("0000:02:00.0") == "4");
    }

    [Fact]
    public async Task An_agent_that_cannot_read_who_has_which_vf_assigns_none_anew()
    {
        await using HostRig rig = await HostRig.InSyncAsync();
        string files = rig.Files();
        await rig.StopAgentAsync();
        rig.World.Faults = call =>
            call.Kind == CallKind.ReadFile && call.Path.EndsWith("ledger/attachments/f1-u", StringComparison.Ordinal) ? Fault.Fail(Errno.EIO) : Fault.None;

        rig.StartAgent();

        Assert.Contains("ledger/attachments/f1-u", await rig.FailureAsync(), StringComparison.Ordinal);
        Assert.Equal(files, rig.Files());
    }

    [Fact]
    public async Task While_the_records_of_containers_cannot_be_read_nothing_more_is_assigned_whatever_else_is_done()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        int failed = 0;
        bool fails = true;
        rig.World.Faults = call =>
            fails && call is { Kind: CallKind.ListFiles, Path: "/var/lib/cni/results" } && Interlocked.Increment(ref failed) > 0 ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.World.Disk.Put("/etc/cni/net.d/50-other.conflist", "{}");
        await rig.Board.WaitForAsync("agent", _ => failed > 0);

        // Its VF it has already, so it is written, and looked at afterwards.
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment.Replace("\"sriov\"", "\"sriov\",\"vlan\":7", StringComparison.Ordinal));
        await rig.Board.WaitForAsync("networkattachments/f1-u", _ => rig.Conflist("f1-u")!.Contains("vlan", StringComparison.Ordinal));
        await rig.PublishAsync("config/networkattachments/n2", Payloads.AttachmentNamed("n2"));
        JsonNode held = (await rig.Board.WaitForPhaseAsync("networkattachments/n2", "DEGRADED"))!;
        Assert.Contains("/var/lib/cni/results", held["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(rig.Conflist("n2"));

        fails = false;
        await rig.Board.WaitForPhaseAsync("networkattachments/n2", "IN_SYNC");
    }

    [Fact]
    public async Task A_host_whose_devices_could_not_be_listed_is_tried_again_within_seconds_and_looks_empty_to_nobody()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        int failed = 0;
        rig.World.Faults = call =>
            call is { Kind: CallKind.List, Path: "/sys/bus/pci/devices" } && Interlocked.Increment(ref failed) <= 3 ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.DoesNotContain("PENDING", rig.Log, StringComparison.Ordinal);
    }
}
