using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>A change that fails half way.</summary>
public sealed class RollbackTests
{
    private const string Topic = "resources/eth3-vfs";
    private const string NumVfsOfEth3 = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task A_change_that_fails_half_way_is_rolled_back_and_tried_again_after_a_while()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: "6" } ? Fault.Fail(Errno.ENOMEM) : Fault.None;

        await rig.PublishAsync(
            Payloads.ResourceTopic,
            Payloads.ResourceWith(numVfs: 6).Replace("\"mtu\":1500", "\"mtu\":9000", StringComparison.Ordinal));

        JsonNode back = (await rig.Board.WaitForAsync("resources/eth3-vfs", status => Message(status).Contains("as it was before", StringComparison.Ordinal)))!;
        Assert.Equal("NoMmioSpace", back["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Contains("ENOMEM", Message(back), StringComparison.Ordinal);
        Assert.Contains("4 VFs, MTU 1500", Message(back), StringComparison.Ordinal);
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");

        rig.World.Faults = null;
        await rig.PassAsync(TimeSpan.FromMinutes(1));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("6", rig.NumVfs("0000:02:00.0"));

        static string Message(JsonNode? status) => status?["conditions"]?[1]?["message"]?.GetValue<string>() ?? "";
    }

    [Fact]
    public async Task A_way_back_that_fails_too_is_said_and_not_tried_again()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        rig.World.Faults = call => call is { Kind: CallKind.Write, Path: NumVfsOfEth3, Value: not "0" } ? Fault.Fail(Errno.ENOMEM) : Fault.None;

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 6));

        JsonNode status = (await rig.Board.WaitForAsync(
            "resources/eth3-vfs", status => status?["conditions"]?[1]?["message"]?.GetValue<string>().Contains("could not be brought back", StringComparison.Ordinal) is true))!;
        Assert.Equal("DEGRADED", status["phase"]!.GetValue<string>());
        Assert.Equal("NoMmioSpace", status["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Single(rig.World.Log, logged => logged.Call is { Path: NumVfsOfEth3, Value: "4" } && logged.Error is Errno.ENOMEM);

        rig.World.Faults = null;
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 5));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
    }

    [Fact]
    public async Task A_way_back_that_is_blocked_says_by_what()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        Task hangs = rig.HangAtWrite(NumVfsOfEth3, "6");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 6));
        await rig.MeetAsync(hangs);

        // It fails with EBUSY, and the host has come to be managed over it.
        Assert.Null(rig.World.Others.Write(NumVfsOfEth3, "5"));
        rig.World.Kernel.SetDefaultRoute("eth3");
        rig.World.ReleaseHangs();

        await rig.Board.WaitForPhaseAsync(Topic, "BLOCKED");
        Assert.Contains("could not be brought back to what it was before: 0000:02:00.0 carries the default route", rig.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_hangs_and_then_fails_is_rolled_back_once_it_has_come_back()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        Task hangs = rig.HangAtWrite(NumVfsOfEth3, "6");
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs: 6));
        await rig.MeetAsync(hangs);
        await rig.PassAsync(TimeSpan.FromMinutes(2));
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
    public async Task One_VF_that_does_not_take_its_setting_back_is_that_VFs_trouble()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.PublishAsync(Payloads.ResourceTopic, Asked(numVfs: 4));
        await rig.Board.WaitForPhaseAsync(Topic, "IN_SYNC");
        rig.World.Faults = call => call switch
        {
            { Kind: CallKind.Write, Value: "6" } => Fault.Fail(Errno.ENOMEM),
            { Kind: CallKind.SetVf, Value: "vf 2 vlan 100 qos 0 proto 802.1Q" } => Fault.Fail(Errno.EINVAL),
            _ => Fault.None,
        };

        await rig.PublishAsync(Payloads.ResourceTopic, Asked(numVfs: 6));

        string message = "";
        await rig.Board.WaitForAsync(Topic, status => (message = Message(status)).Contains("could not be", StringComparison.Ordinal) ||
            message.Contains("is as it was before: 4 VFs", StringComparison.Ordinal));
        Assert.DoesNotContain("could not be", message, StringComparison.Ordinal);
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
    }

    private static string Asked(int numVfs) =>
        $$"""{"name":"eth3-vfs","numVfs":{{numVfs}},"nicSelector":{"pfNames":["eth3"]},"vfDefaults":{"vlan":{"id":100} } }""";

    private static string Message(JsonNode? status) =>
        status?["conditions"]?.AsArray().FirstOrDefault(condition => condition!["type"]!.GetValue<string>() == "InSync")?["message"]?.GetValue<string>() ?? "";
}
