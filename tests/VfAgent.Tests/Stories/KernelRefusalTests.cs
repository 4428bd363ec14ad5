using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
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
}
