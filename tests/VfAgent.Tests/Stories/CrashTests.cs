using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>vf-operator's story, interrupted at every single write that it makes.</summary>
public sealed class CrashTests
{
    private const string AllFiles = "--Runtime:Backends=both";

    private static readonly string[] _nothing = ["resources", "networkattachments", "inSync", "progressing", "pending", "blocked", "degraded"];

    [Fact]
    public Task Killed_before_any_write_the_host_ends_up_the_same() => InterruptEverywhereAsync(Fault.CrashBefore, world => world.Restart());

    [Fact]
    public Task Killed_after_any_write_the_host_ends_up_the_same() => InterruptEverywhereAsync(Fault.CrashAfter, world => world.Restart());

    [Fact]
    public Task A_power_loss_after_any_write_ends_up_the_same() => InterruptEverywhereAsync(Fault.CrashAfter, world => world.PowerLoss());

    [Fact]
    public Task A_power_loss_that_tears_files_ends_up_the_same() => InterruptEverywhereAsync(Fault.CrashBefore, world => world.PowerLoss(chance: true));

    [Theory]
    [InlineData(Errno.EIO)]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.EBUSY)]
    public Task Any_write_that_fails_once_is_made_good(Errno errno) => InterruptEverywhereAsync(Fault.Fail(errno), null);

    private static async Task InterruptEverywhereAsync(Fault fault, Action<SimulatedWorld>? revive)
    {
        (string whole, string emptied, int writes) = await UninterruptedAsync();
        Assert.InRange(writes, 30, 200);
        for (int write = 1; write <= writes; write++)
        {
            await using HostRig rig = await HostRig.CreateAsync();
            int at = write;
            Task met = rig.MeetFault(call => call.Number == at, fault);

            await BuildAsync(rig);
            rig.StartAgent(AllFiles);
            Task supervising = SuperviseAsync(rig, met, revive);
            await BuiltAsync(rig);
            Assert.Equal(whole, rig.Files());
            Assert.Equal("4", rig.NumVfs("0000:02:00.0"));

            await TakeDownAsync(rig);
            await TakenDownAsync(rig);
            await supervising.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.Equal(emptied, rig.Files());
        }
    }

    // What systemd does: an agent that died is started again, and has to finish alone.
    private static async Task SuperviseAsync(HostRig rig, Task met, Action<SimulatedWorld>? revive)
    {
        if (revive is null)
        {
            _ = rig.RestartWhenItEndsAsync(AllFiles);
            return;
        }

        await met;
        await rig.StopAgentAsync();
        rig.Board.Clear();
        revive(rig.World);
        rig.StartAgent(AllFiles);
    }

    private static async Task<(string Whole, string Emptied, int Writes)> UninterruptedAsync()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent(AllFiles);
        await BuildAsync(rig);
        await BuiltAsync(rig);
        string whole = rig.Files();
        await TakeDownAsync(rig);
        await TakenDownAsync(rig);
        return (whole, rig.Files(), rig.World.Writes);
    }

    private static async Task BuildAsync(HostRig rig)
    {
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.PublishAsync(Payloads.AttachmentTopic, Payloads.Attachment);
    }

    private static async Task BuiltAsync(HostRig rig)
    {
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForPhaseAsync("networkattachments/f1-u", "IN_SYNC");
        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 2);
    }

    private static async Task TakeDownAsync(HostRig rig)
    {
        await rig.PublishAsync(Payloads.AttachmentTopic, "");
        await rig.PublishAsync(Payloads.ResourceTopic, "");
    }

    // The birth message counts nothing at all, so that only one that has seen the NICs counts.
    private static async Task TakenDownAsync(HostRig rig) => await rig.Board.WaitForAsync("agent", agent =>
        agent?["counts"] is { } counts && counts["physicalFunctions"]!.GetValue<int>() == 2 &&
        _nothing.All(count => counts[count]!.GetValue<int>() == 0));
}
