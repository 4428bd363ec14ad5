using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>A resource is deleted, and its NIC cannot be given back at once.</summary>
public sealed class GiveBackTests
{
    [Fact]
    public async Task A_NIC_that_cannot_be_given_back_is_tried_again_and_there_is_no_way_back_to_what_nobody_wants()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();
        int refused = 0;
        bool refuses = true;
        rig.World.Faults = call =>
            refuses && call is { Kind: CallKind.Write } && call.Path.EndsWith("0000:02:00.0/sriov_numvfs", StringComparison.Ordinal) &&
            Interlocked.Increment(ref refused) > 0 ? Fault.Fail(Errno.EAGAIN) : Fault.None;

        await rig.PublishAsync(Payloads.ResourceTopic, "");
        await rig.Board.WaitForAsync("resources/eth3-vfs", _ => refused > 3);
        Assert.DoesNotContain("Rollback", rig.Log, StringComparison.Ordinal);

        refuses = false;
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status is null);
        Assert.Equal("0", rig.NumVfs("0000:02:00.0"));
    }
}
