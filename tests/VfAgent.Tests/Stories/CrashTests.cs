using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>vf-operator's story, interrupted at every single write that it makes.</summary>
public sealed class CrashTests
{
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
            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            int at = write;
            rig.World.Faults = call =>
            {
                if (call.Number != at)
                    return Fault.None;

                met.TrySetResult();
                return fault;
            };

            if (revive is not null)
                _ = met.Task.ContinueWith(_ => { }, TaskScheduler.Default);

            rig.StartAgent();
            await StepAsync(rig, met.Task, revive, BuildAsync, BuiltAsync);
            Assert.Equal(whole, rig.Files());
            Assert.Equal("4", rig.NumVfs("0000:02:00.0"));

            await StepAsync(rig, met.Task, revive, TakeDownAsync, TakenDownAsync);
            Assert.Equal(emptied, rig.Files());
        }
    }

    // One half of the story; when the interruption falls into it, the agent is started again and has to finish alone.
    private static async Task StepAsync(
        HostRig rig, Task met, Action<SimulatedWorld>? revive, Func<HostRig, Task> publish, Func<HostRig, Task> done)
    {
        bool before = met.IsCompleted;
        await publish(rig);
        if (before || revive is null)
        {
            await done(rig);
            return;
        }

        Task finished = done(rig);
        await Task.WhenAny(met, finished);
        if (met.IsCompleted)
        {
            await rig.StopAgentAsync();
            rig.Board.Clear();
            revive(rig.World);
            rig.StartAgent();
            await finished;
            finished = done(rig);
        }

        await finished;
    }

    private static async Task<(string Whole, string Emptied, int Writes)> UninterruptedAsync()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
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

    private static async Task TakenDownAsync(HostRig rig)
    {
        await rig.Board.WaitForAsync("resources/eth3-vfs", status => status is null);
        await rig.Board.WaitForAsync("networkattachments/f1-u", status => status is null);
        await rig.Board.WaitForAsync("agent", agent => agent?["counts"]?["inSync"]?.GetValue<int>() == 0);
    }
}
