using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>A kernel that hangs, refuses, or does less than it says.</summary>
public sealed class KernelRefusalTests
{
    private const string NumVfsOfEth3 = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task A_driver_that_hangs_stops_its_own_nic_only_and_is_waited_for()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        Task hangs = rig.HangAtWrite(NumVfsOfEth3);
        rig.StartAgent();

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync("config/resources/healthy", """{"name":"healthy","numVfs":7,"nicSelector":{"pfNames":["eth2"]}}""");
        await rig.PublishAsync("config/networkattachments/n1", Payloads.AttachmentNamed("n1", "healthy"));

        await rig.Board.WaitForPhaseAsync("networkattachments/n1", "IN_SYNC");
        await rig.MeetAsync(hangs);
        await rig.PassAsync(TimeSpan.FromMinutes(2));
        JsonNode hung = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("KernelTimeout", hung["conditions"]![1]!["reason"]!.GetValue<string>());

        rig.World.ReleaseHangs();
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Theory]
    [InlineData("STATIC")]
    [InlineData("DYNAMIC")]
    public async Task A_network_whose_nic_hangs_is_not_called_in_sync_until_the_nic_is_seen_again(string allocation)
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        await rig.PublishAsync(
            "config/networkattachments/n1", $$"""{"name":"n1","resourceName":"eth3-vfs","allocation":"{{allocation}}","config":{"type":"sriov"} }""");
        await rig.Board.WaitForPhaseAsync("networkattachments/n1", "IN_SYNC");

        Task hangs = rig.HangAtWrite(NumVfsOfEth3, "0");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 6));
        await rig.MeetAsync(hangs);
        await rig.PassAsync(TimeSpan.FromMinutes(2));
        JsonNode network = (await rig.Board.WaitForPhaseAsync("networkattachments/n1", "DEGRADED"))!;
        Assert.Equal("KernelTimeout", network["conditions"]![1]!["reason"]!.GetValue<string>());

        rig.World.ReleaseHangs();
        await rig.Board.WaitForPhaseAsync("networkattachments/n1", "IN_SYNC");
    }

    [Fact]
    public async Task What_a_slow_step_has_made_an_old_plan_is_not_taken_to_its_end()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();

        Task hangs = rig.HangAtWrite(NumVfsOfEth3, "0");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 6));
        await rig.MeetAsync(hangs);
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 5));
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => (int?)status?["spec"]?["numVfs"] == 5);
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        rig.World.ReleaseHangs();

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("5", rig.NumVfs("0000:02:00.0"));
        Assert.DoesNotContain(rig.World.Log, entry => entry.Call is { Path: NumVfsOfEth3, Value: "6" });
    }

    [Theory]
    [InlineData(Errno.ENOMEM, "NoMmioSpace")]
    [InlineData(Errno.EBUSY, "VfsPresent")]
    [InlineData(Errno.EAGAIN, "DriverBusy")]
    [InlineData(Errno.EACCES, "MissingCapability")]
    public async Task A_count_that_the_kernel_refuses_says_why_and_is_tried_again(Errno errno, string reason)
    {
        await using HostRig rig = await HostRig.CreateAsync();
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
        await using HostRig rig = await HostRig.CreateAsync();
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: "4" } ? Fault.FewerVfs(2) : Fault.None;
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);

        JsonNode degraded = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("PartialVfs", degraded["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal(2, degraded["status"]![0]!["numVfs"]!.GetValue<int>());

        rig.World.Faults = null;
        await rig.PassAsync(TimeSpan.FromMinutes(1));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }
}
