using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>Changes of the NIC that the host is managed over.</summary>
public sealed class ConfirmationTests
{
    private const string Config = $"/var/lib/vfagent/config/host/{ManagedRig.Topic}";

    [Fact]
    public async Task A_change_that_cuts_the_host_off_from_the_broker_is_undone_and_not_made_again_until_it_is_asked_for_anew()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync();
        await rig.UntilAsync(() => rig.NumVfs == "4");
        await rig.UntilAsync(() => rig.NumVfs == "0");
        await rig.BrokerIsBackAsync();
        await UndoneIsSaidAsync(rig);

        await rig.ADayPassesAsync();
        Assert.Equal("0", rig.NumVfs);

        await AskedAnewItIsMadeAsync(rig);
    }

    [Fact]
    public async Task What_an_agent_had_no_time_to_undo_the_next_one_undoes_and_the_one_after_that_does_not_make_it_again()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync(Fault.CrashAfter);
        Assert.Equal("4", rig.NumVfs);

        await rig.NextAgentAsync();
        await rig.UntilAsync(() => rig.NumVfs == "0");
        await rig.NextAgentAsync();
        await rig.ADayPassesAsync();
        Assert.Equal("0", rig.NumVfs);

        await rig.BrokerIsBackAsync();
        await UndoneIsSaidAsync(rig);
        await AskedAnewItIsMadeAsync(rig);
        await rig.UntilAsync(() => rig.RecordText is null);
    }

    [Fact]
    public async Task A_change_stands_when_the_next_agent_hears_of_the_broker()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync(Fault.CrashAfter, cutsOff: false);
        Assert.NotNull(rig.RecordText);

        await rig.NextAgentAsync();
        await rig.Host.Board.WaitForPhaseAsync(ManagedRig.Topic, "IN_SYNC");
        await rig.UntilAsync(() => rig.RecordText is null);
        await rig.ADayPassesAsync();
        Assert.Equal("4", rig.NumVfs);
    }

    [Fact]
    public async Task A_reboot_confirms_nothing_and_the_change_that_it_has_undone_is_not_made_again()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync(Fault.CrashAfter);

        await rig.NextAgentAsync(world => world.PowerLoss());
        await rig.UntilAsync(() => rig.IsUndone);
        await rig.ADayPassesAsync();
        Assert.Equal("0", rig.NumVfs);
    }

    [Fact]
    public async Task A_change_is_undone_though_the_disk_is_full_and_its_regret_is_written_down_later()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync();
        rig.Faults = call => call.Mutates && call.Path.Contains("/unconfirmed", StringComparison.Ordinal) ? Fault.Fail(Errno.ENOSPC) : Fault.None;

        await rig.UntilAsync(() => rig.NumVfs == "0");
        Assert.False(rig.IsUndone);

        rig.Faults = _ => Fault.None;
        await rig.UntilAsync(() => rig.IsUndone);
    }

    [Fact]
    public async Task What_was_regretted_is_forgotten_with_the_resource_also_when_that_is_deleted_while_no_agent_is_there()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync();
        await rig.UntilAsync(() => rig.IsUndone);

        await rig.NextAgentAsync(world =>
        {
            world.Restart();
            world.Disk.Remove(Config);
        });

        await rig.UntilAsync(() => rig.RecordText is null && rig.Host.World.Disk.Look($"/var/lib/vfagent/ledger/pfs/{ManagedRig.Eth3}") is null);
    }

    [Fact]
    public async Task Another_wish_that_came_before_the_agent_ended_is_made()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync(Fault.CrashAfter);
        await rig.NextAgentAsync();
        await rig.UntilAsync(() => rig.NumVfs == "0");

        await rig.NextAgentAsync(world =>
        {
            world.Restart();
            world.Disk.Put(Config, ManagedRig.Again);
        });

        await rig.UntilAsync(() => rig.NumVfs == "4" && rig.RecordText is null);
    }

    [Fact]
    public async Task A_change_that_cuts_the_host_off_is_undone_though_its_resource_has_turned_to_another_nic_meanwhile()
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        await rig.ChangeAsync(Fault.Hang, cutsOff: false);
        await rig.Host.PublishAsync(Payloads.ResourceTopic, """{"name":"eth3-vfs","numVfs":2,"nicSelector":{"pfNames":["eth2"]},"generation":2}""");
        await rig.Host.Board.WaitForAsync(ManagedRig.Topic, status => (string?)status?["observedGeneration"] == "2");

        rig.Host.World.ReleaseHangs();
        await rig.UntilAsync(() => rig.NumVfs == "4");
        rig.CutOff();
        await rig.UntilAsync(() => rig.NumVfs == "0" && rig.RecordText is null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_at_any_write_once_the_record_is_there_the_host_is_as_it_was_before_and_stays_so(bool isPowerLoss)
    {
        // From the moment that its name is there, and for good: a file that is not in its place yet is none.
        int first = isPowerLoss ? 2 : 1;
        Action<SimulatedWorld> meanwhile = isPowerLoss ? world => world.PowerLoss() : world => world.Restart();
        int write = first;
        while (await IsKilledAsync(write, meanwhile))
            write++;
        Assert.InRange(write - first, 6, 30);
    }

    /// <param name="write">After which of the agent's writes it dies, from the rename of the record on.</param>
    /// <param name="meanwhile">What happens until the next agent is started.</param>
    /// <returns>false when the change was undone before that many writes.</returns>
    private static async Task<bool> IsKilledAsync(int write, Action<SimulatedWorld> meanwhile)
    {
        await using ManagedRig rig = await ManagedRig.CreateAsync();
        int written = 0;
        rig.Faults = call =>
        {
            bool isRecord = call is { Kind: CallKind.RenameFile } && call.Path.Contains("/unconfirmed/", StringComparison.Ordinal);
            if (call.Mutates && (written > 0 || isRecord))
                written++;
            return call.Mutates && written == write ? Fault.CrashAfter : Fault.None;
        };
        await rig.AskAsync();
        await rig.UntilAsync(() => written >= write || rig.IsUndone);
        if (written < write)
            return false;

        await rig.NextAgentAsync(meanwhile);
        await rig.UntilAsync(() => rig.IsUndone);
        await rig.Made;
        await rig.ADayPassesAsync();
        Assert.True(rig.IsUndone, rig.Host.Log);
        return true;
    }

    private static async Task UndoneIsSaidAsync(ManagedRig rig) => await rig.Host.Board.WaitForAsync(ManagedRig.Topic, status =>
        (string?)status?["conditions"]?[1]?["reason"] == "NotConfirmed" &&
        ((string)status["conditions"]![1]!["message"]!).Contains("as it was before: 0 VFs", StringComparison.Ordinal));

    private static async Task AskedAnewItIsMadeAsync(ManagedRig rig)
    {
        await rig.Host.PublishAsync(Payloads.ResourceTopic, ManagedRig.Again);
        await rig.Host.Board.WaitForPhaseAsync(ManagedRig.Topic, "IN_SYNC");
        Assert.Equal("4", rig.NumVfs);
    }
}
