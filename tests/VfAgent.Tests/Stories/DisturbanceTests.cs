using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation;
using VfAgent.Tests.Doctor;

namespace VfAgent.Tests.Stories;

/// <summary>Brokers, drivers, containers and other administrators that do what they should not.</summary>
public sealed class DisturbanceTests
{
    private const string NumVfsOfEth3 = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task A_broker_that_comes_back_empty_changes_nothing_on_the_host_and_gets_all_status_again()
    {
        await using HostRig rig = await InSyncAsync();
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

    [Theory]
    [InlineData("host/networkattachments")]
    [InlineData("host/resources")]
    public async Task An_agent_that_cannot_list_its_config_deletes_nothing(string folder)
    {
        await using HostRig rig = await InSyncAsync();
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

    [Fact]
    public async Task An_agent_that_cannot_read_who_has_which_vf_assigns_none_anew()
    {
        await using HostRig rig = await InSyncAsync();
        string files = rig.Files();
        await rig.StopAgentAsync();
        rig.World.Faults = call =>
            call.Kind == CallKind.ReadFile && call.Path.EndsWith("ledger/attachments/f1-u", StringComparison.Ordinal) ? Fault.Fail(Errno.EIO) : Fault.None;

        rig.StartAgent();

        Assert.Contains("ledger/attachments/f1-u", await rig.FailureAsync(), StringComparison.Ordinal);
        Assert.Equal(files, rig.Files());
    }

    [Theory]
    [InlineData("host/networkattachments/f1-u")]
    [InlineData("host/resources/eth3-vfs")]
    public async Task A_held_object_that_cannot_be_read_stays_on_the_host(string file)
    {
        await using HostRig rig = await InSyncAsync();
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
    public async Task While_the_records_of_containers_cannot_be_read_nothing_more_is_assigned_whatever_else_is_done()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
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
    public async Task An_agent_whose_state_folder_was_lost_gets_its_config_again_though_the_broker_counts_it_as_delivered()
    {
        await using HostRig rig = await InSyncAsync();
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
        await using HostRig rig = await InSyncAsync();
        await rig.StopAgentAsync();
        await rig.PublishAsync(Payloads.AttachmentTopic, "");

        rig.StartAgent();

        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status is null);
        await rig.Board.WaitForAsync("agent", _ => rig.Conflist("f1-u") is null);
    }

    [Fact]
    public async Task An_agent_restarted_with_no_broker_and_no_vfs_brings_everything_back()
    {
        await using HostRig rig = await InSyncAsync();
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

    [Fact]
    public async Task A_host_whose_devices_could_not_be_listed_is_tried_again_within_seconds_and_looks_empty_to_nobody()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        int failed = 0;
        rig.World.Faults = call =>
            call is { Kind: CallKind.List, Path: "/sys/bus/pci/devices" } && Interlocked.Increment(ref failed) <= 3 ? Fault.Fail(Errno.EIO) : Fault.None;
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.DoesNotContain("PENDING", rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vfs_that_somebody_destroys_come_back_and_the_attachment_keeps_its_own()
    {
        await using HostRig rig = await InSyncAsync();

        Assert.Null(rig.World.Kernel.Write(NumVfsOfEth3, "0"));

        await rig.Board.WaitForAsync("discovery", _ => rig.NumVfs("0000:02:00.0") == "4");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
    }

    [Fact]
    public async Task A_driver_that_hangs_stops_its_own_nic_only_and_is_waited_for()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3 } ? Fault.Hang : Fault.None;
        rig.StartAgent();

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync("config/resources/healthy", """{"name":"healthy","numVfs":7,"nicSelector":{"pfNames":["eth2"]}}""");
        await rig.PublishAsync("config/networkattachments/n1", Payloads.AttachmentNamed("n1", "healthy"));

        await rig.Board.WaitForPhaseAsync("networkattachments/n1", "IN_SYNC");
        JsonNode hung = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("KernelTimeout", hung["conditions"]![1]!["reason"]!.GetValue<string>());

        rig.World.Faults = null;
        rig.World.ReleaseHangs();
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Theory]
    [InlineData(Errno.ENOMEM, "NoMmioSpace")]
    [InlineData(Errno.EBUSY, "VfsPresent")]
    [InlineData(Errno.EAGAIN, "DriverBusy")]
    [InlineData(Errno.EACCES, "MissingCapability")]
    public async Task A_count_that_the_kernel_refuses_says_why_and_is_tried_again(Errno errno, string reason)
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3 } ? Fault.Fail(errno) : Fault.None;
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode degraded = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal(reason, degraded["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.NotEqual("", degraded["conditions"]![1]!["remedy"]!.GetValue<string>());

        rig.World.Faults = null;
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task Success_with_fewer_vfs_is_no_success()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: "4" } ? Fault.FewerVfs(2) : Fault.None;
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode degraded = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("PartialVfs", degraded["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal(2, degraded["status"]![0]!["numVfs"]!.GetValue<int>());

        rig.World.Faults = null;
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"cniVersion":"1.0.0","name":"f1-u","plugins":[{"type":"sriov","deviceID":"0000:02:10.6"}]}""")]
    public async Task A_conflist_that_somebody_edits_is_put_right_at_once(string text)
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        string before = rig.Conflist("f1-u")!;

        rig.World.Disk.Put($"{HostRig.ConflistDirectory}/vfagent-f1-u.conflist", text);

        await rig.Board.WaitForAsync("networkattachments/f1-u", _ => rig.Conflist("f1-u") == before);
    }

    [Fact]
    public async Task Files_that_somebody_removes_are_written_again_at_once()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync("config/resources/pool", """{"name":"pool","numVfs":2,"needVhostNet":true,"nicSelector":{"pfNames":["eth3"]},"deviceType":"vfio-pci"}""");
        await rig.PublishAsync("config/networkattachments/a1", Payloads.AttachmentNamed("a1", "pool"));
        await rig.Board.WaitForPhaseAsync("networkattachments/a1", "IN_SYNC");
        IReadOnlyList<string> before = rig.World.Disk.Files("/etc");

        foreach (string file in before)
            rig.World.Disk.Remove(file);

        await rig.Board.WaitForAsync("networkattachments/a1", _ => rig.World.Disk.Files("/etc").SequenceEqual(before));
    }

    [Fact]
    public async Task Somebody_who_changes_the_same_thing_again_and_again_is_let_have_it_for_a_while()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        int eth3 = int.Parse(rig.World.Kernel.Read("/sys/class/net/eth3/ifindex").Value!, CultureInfo.InvariantCulture);

        for (int time = 0; time < 2; time++)
        {
            Assert.Null(rig.World.Kernel.SetLinkMtu(eth3, 1400));
            await rig.Board.WaitForAsync("resources/eth3-vfs", status => Mtu() == 1500 && Phase(status) == "IN_SYNC");
        }

        Assert.Null(rig.World.Kernel.SetLinkMtu(eth3, 1400));
        JsonNode fought = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("Contended", fought["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("set eth3 mtu to 1500", fought["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1400, Mtu());

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal(1500, Mtu());

        int Mtu() => rig.World.Kernel.GetLink(eth3).Value!.Mtu;
        static string? Phase(JsonNode? status) => status?["phase"]?.GetValue<string>();
    }

    [Fact]
    public async Task The_nic_that_the_host_is_managed_over_is_left_alone_until_it_is_another()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.World.Kernel.Enslave("eth3", "bond0");
        rig.World.Kernel.SetDefaultRoute("bond0");
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode blocked = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "BLOCKED"))!;
        Assert.Equal("ManagementNic", blocked["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("the default route (over bond0)", blocked["status"]![0]!["carries"]!.GetValue<string>());
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));

        rig.World.Kernel.SetDefaultRoute("eth2");
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task A_nic_that_the_host_has_come_to_hang_on_since_it_was_looked_at_is_not_changed()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", discovery => discovery?["physicalFunctions"]?.AsArray().Count == 2);

        // No event tells of a route.
        rig.World.Kernel.SetDefaultRoute("eth3");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode blocked = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "BLOCKED"))!;
        Assert.Equal("ManagementNic", blocked["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
    }

    [Fact]
    public async Task The_nic_that_leads_to_the_broker_is_known_as_soon_as_the_broker_is_reached()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.Kernel = kernel => new KernelWithFiles(kernel)
        {
            Files = { ["/proc/net/route"] = "Iface\neth3\t0000007F\t00000000\t0001\t0\t0\t0\t000000FF\n" },
        };
        await rig.Broker.StopAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("agent", _ => rig.Log.Contains("Next connect in", StringComparison.Ordinal));

        await rig.Broker.StartAsync();

        JsonNode discovery = (await rig.Board.WaitForAsync("discovery", discovery => Carries(discovery, 1) is { Length: > 0 }))!;
        Assert.Equal("the connection to the broker", Carries(discovery, 1));
        Assert.Equal("", Carries(discovery, 0));

        static string? Carries(JsonNode? discovery, int pf) => discovery?["physicalFunctions"]![pf]!["carries"]!.GetValue<string>();
    }

    [Fact]
    public async Task A_change_that_fails_half_way_is_rolled_back_and_tried_again_after_a_while()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using HostRig rig = await HostRig.CreateAsync(time: time);
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: "6" } ? Fault.Fail(Errno.ENOMEM) : Fault.None;

        await rig.PublishAsync(
            Payloads.ResourceTopic,
            Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal).Replace("\"mtu\":1500", "\"mtu\":9000", StringComparison.Ordinal));

        JsonNode back = (await rig.Board.WaitForAsync("resources/eth3-vfs", status => Message(status).Contains("as it was before", StringComparison.Ordinal)))!;
        Assert.Equal("NoMmioSpace", back["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("ENOMEM", Message(back), StringComparison.Ordinal);
        Assert.Contains("4 VFs, MTU 1500", Message(back), StringComparison.Ordinal);
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");

        rig.World.Faults = null;
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("6", rig.NumVfs("0000:02:00.0"));

        static string Message(JsonNode? status) => status?["conditions"]?[1]?["message"]?.GetValue<string>() ?? "";
    }

    [Fact]
    public async Task A_change_that_hangs_and_then_fails_is_rolled_back_once_it_has_come_back()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: "6" } ? Fault.Hang : Fault.None;
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED");

        // The kernel has its VFs from somebody else by the time it comes to what hung: EBUSY.
        Assert.Null(rig.World.Others.Write(NumVfsOfEth3, "5"));
        rig.World.ReleaseHangs();

        JsonNode back = (await rig.Board.WaitForAsync(
            "resources/eth3-vfs", status => status!["conditions"]!.ToJsonString().Contains("as it was before: 4 VFs", StringComparison.Ordinal)))!;
        Assert.Equal("KernelTimeout", back["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
        Assert.DoesNotContain("RollbackFailed", rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_way_back_that_fails_too_is_said_and_not_tried_again()
    {
        await using HostRig rig = await HostRig.CreateAsync(time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: not "0" } ? Fault.Fail(Errno.ENOMEM) : Fault.None;

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal));

        JsonNode status = (await rig.Board.WaitForAsync(
            "resources/eth3-vfs", status => status?["conditions"]?[1]?["message"]?.GetValue<string>().Contains("could not be brought back", StringComparison.Ordinal) is true))!;
        Assert.Equal("DEGRADED", status["phase"]!.GetValue<string>());
        Assert.Equal("NoMmioSpace", status["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Single(rig.World.Log, logged => logged.Call is { Path: NumVfsOfEth3, Value: "4" } && logged.Error is Errno.ENOMEM);

        rig.World.Faults = null;
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":5", StringComparison.Ordinal));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task Vfs_go_to_vfio_and_back_to_their_driver()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Drivers(status) == "vfio-pci vfio-pci vfio-pci vfio-pci" && InSync(status));
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status?["cdiDevice"]?.GetValue<string>() == "vfagent.io/vfio=f1-u");
        string group = rig.World.Kernel.ReadLink("/sys/bus/pci/devices/0000:02:10.0/iommu_group").Value!;
        Assert.Contains($"\"/dev/vfio/{group}\"", rig.World.Disk.Look("/etc/cdi/vfagent-vfio-f1-u.json")!.Text, StringComparison.Ordinal);

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => Drivers(status) == "igbvf igbvf igbvf igbvf" && InSync(status));
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status?["cdiDevice"]?.GetValue<string>() == "" && InSync(status));
        Assert.Empty(rig.World.Disk.Files("/etc/cdi"));
        Assert.Equal("(null)", rig.World.Kernel.Read("/sys/bus/pci/devices/0000:02:10.0/driver_override").Value);

        static string Drivers(JsonNode? status) => string.Join(' ', (status?["status"]?.AsArray().FirstOrDefault()?["vfs"]?.AsArray() ?? []).Select(vf => vf!["driver"]!.GetValue<string>()));
        static bool InSync(JsonNode? status) => status!["phase"]!.GetValue<string>() == "IN_SYNC";
    }

    [Fact]
    public async Task Vfio_without_an_iommu_or_without_the_module_says_what_to_do()
    {
        await using HostRig rig = await HostRig.CreateAsync(options: SimulationOptions.Immediate with { Iommu = false });
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        JsonNode degraded = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("IommuDisabled", degraded["conditions"]![1]!["reason"]!.GetValue<string>());

        await using HostRig bare = await HostRig.CreateAsync(options: SimulationOptions.Immediate with { Modules = ["igbvf"] });
        bare.StartAgent();
        await bare.PublishAsync(Payloads.ResourceTopic, Payloads.Resource.Replace("netdevice", "vfio-pci", StringComparison.Ordinal));
        degraded = (await bare.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("ModuleMissing", degraded["conditions"]![1]!["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_nic_that_is_unplugged_and_plugged_in_again_gets_everything_back()
    {
        await using HostRig rig = await InSyncAsync();

        rig.World.Kernel.Unplug(PciAddress.Parse("0000:02:00.0"));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "PENDING");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "PENDING");
        rig.World.Kernel.Replug(PciAddress.Parse("0000:02:00.0"));

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
    }

    [Fact]
    public async Task A_dry_run_says_what_it_would_do_and_does_nothing()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent("--Agent:DryRun=true");

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode pending = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "PENDING"))!;
        Assert.Equal("DryRun", pending["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("set 0000:02:00.0 sriov_numvfs to 4", pending["conditions"]![1]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
        Assert.Contains("    2  set 0000:02:00.0 sriov_numvfs to 4\n\n2 steps, none disturbs anything.", rig.Log, StringComparison.Ordinal);
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
