using System.Text.Json.Nodes;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>NICs that the agent is asked to look at and not to touch.</summary>
public sealed class HandsOffTests
{
    private const string NumVfsOfEth3 = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task Vfs_that_others_make_are_awaited_and_handed_out()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await PublishAsync(rig, "externallyManaged");
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
        JsonNode missing = (await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED"))!;
        Assert.Equal("Drifted", missing["conditions"]![1]!["reason"]!.GetValue<string>());
        Assert.Equal("0000:02:00.0 is not as asked for: set 0000:02:00.0 sriov_numvfs to 4", missing["conditions"]![1]!["message"]!.GetValue<string>());

        Assert.Null(rig.World.Kernel.Write(NumVfsOfEth3, "4"));

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", rig.Device("f1-u"));
        Assert.Equal(1, SysfsWrites(rig));

        // Nor is it given back when the resource goes: it was never the agent's.
        await rig.PublishAsync(Payloads.AttachmentTopic, "");
        await rig.PublishAsync(Payloads.ResourceTopic, "");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status is null);
        Assert.Equal(1, SysfsWrites(rig));
    }

    [Fact]
    public async Task Drift_of_an_observed_resource_is_said_and_left_alone_until_it_is_managed_again()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        await PublishAsync(rig, "observeOnly");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status?["observedGeneration"]?.GetValue<string>() == "2");
        int writes = SysfsWrites(rig);

        Assert.Null(rig.World.Kernel.Write(NumVfsOfEth3, "0"));
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "DEGRADED");
        Assert.Equal(writes + 1, SysfsWrites(rig));

        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("4", rig.NumVfs("0000:02:00.0"));
        await rig.PublishAsync(Payloads.ResourceTopic, "");
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status is null);
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
    }

    private static int SysfsWrites(HostRig rig) => rig.World.Log.Count(entry => entry.Call.Kind == CallKind.Write);

    private static Task PublishAsync(HostRig rig, string mode) =>
        rig.PublishAsync(Payloads.ResourceTopic, $$"""{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"{{mode}}":true,"generation":2}""");
}
