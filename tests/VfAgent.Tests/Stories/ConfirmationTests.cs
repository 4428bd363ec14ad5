using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>Changes of the NIC that the host is managed over.</summary>
public sealed class ConfirmationTests
{
    private const string Eth3 = "0000:02:00.0";
    private const string Record = $"/var/lib/vfagent/ledger/unconfirmed/{Eth3}";
    private const string Resource = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"allowManagementNic":true}""";

    // The same wish anew.
    private const string Again = """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"allowManagementNic":true,"generation":2}""";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private volatile bool _isCut;

    [Fact]
    public async Task A_change_that_cuts_the_host_off_from_the_broker_is_undone_and_not_made_again_until_it_is_asked_for_anew()
    {
        await using HostRig rig = await ManagedRigAsync();
        Task cut = ChangeMeets(rig, Fault.None);

        await rig.PublishAsync(Payloads.ResourceTopic, Resource);

        await rig.Board.WaitForAsync("discovery", _ => rig.NumVfs(Eth3) == "4");
        await cut;
        _time.Advance(TimeSpan.FromMinutes(1));
        await rig.Board.WaitForAsync("discovery", _ => rig.NumVfs(Eth3) == "0");
        await rig.Broker.StartAsync();
        await UndoneIsSaidAsync(rig);

        await ADayPassesAsync(rig);
        Assert.Equal("0", rig.NumVfs(Eth3));

        await rig.PublishAsync(Payloads.ResourceTopic, Again);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("4", rig.NumVfs(Eth3));
    }

    [Fact]
    public async Task What_an_agent_had_no_time_to_undo_the_next_one_undoes_and_the_one_after_that_does_not_make_it_again()
    {
        await using HostRig rig = await ManagedRigAsync();
        Task cut = ChangeMeets(rig, Fault.CrashAfter);
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await cut;
        Assert.Equal("4", rig.NumVfs(Eth3));

        await NextAgentAsync(rig);
        await WithoutBrokerAsync(rig, () => rig.NumVfs(Eth3) == "0");
        await NextAgentAsync(rig);
        await ADayPassesAsync(rig);
        Assert.Equal("0", rig.NumVfs(Eth3));

        await rig.Broker.StartAsync();
        await UndoneIsSaidAsync(rig);
        await rig.PublishAsync(Payloads.ResourceTopic, Again);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForAsync("discovery", _ => rig.World.Disk.Look(Record) is null);
    }

    [Fact]
    public async Task A_change_stands_when_the_next_agent_hears_of_the_broker()
    {
        await using HostRig rig = await ManagedRigAsync();
        Task made = ChangeMeets(rig, Fault.CrashAfter, cutsOff: false);
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await made;
        Assert.NotNull(rig.World.Disk.Look(Record));

        await NextAgentAsync(rig);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await rig.Board.WaitForAsync("discovery", _ => rig.World.Disk.Look(Record) is null);
        await ADayPassesAsync(rig);
        Assert.Equal("4", rig.NumVfs(Eth3));
    }

    [Fact]
    public async Task A_reboot_confirms_nothing_and_the_change_that_it_has_undone_is_undone_again_when_it_was_made_again()
    {
        await using HostRig rig = await ManagedRigAsync();
        Task cut = ChangeMeets(rig, Fault.CrashAfter);
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await cut;

        await NextAgentAsync(rig, world => world.PowerLoss());
        await WithoutBrokerAsync(rig, () => rig.NumVfs(Eth3) == "4");
        await WithoutBrokerAsync(rig, () => rig.NumVfs(Eth3) == "0");
        await ADayPassesAsync(rig);
        Assert.Equal("0", rig.NumVfs(Eth3));
    }

    [Fact]
    public async Task A_change_is_undone_though_the_disk_is_full_and_its_regret_is_written_down_later()
    {
        await using HostRig rig = await ManagedRigAsync();
        bool isFull = false;
        Task cut = ChangeMeets(rig, Fault.None, call => isFull && call.Mutates && call.Path.Contains("/unconfirmed", StringComparison.Ordinal)
            ? Fault.Fail(Errno.ENOSPC)
            : Fault.None);
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await cut;
        isFull = true;

        await WithoutBrokerAsync(rig, () => rig.NumVfs(Eth3) == "0");
        Assert.False(IsUndone(rig));

        isFull = false;
        await WithoutBrokerAsync(rig, () => IsUndone(rig));
    }

    [Fact]
    public async Task What_was_regretted_is_forgotten_with_the_resource_also_when_that_is_deleted_while_no_agent_is_there()
    {
        await using HostRig rig = await ManagedRigAsync();
        Task cut = ChangeMeets(rig, Fault.None);
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await cut;
        await WithoutBrokerAsync(rig, () => IsUndone(rig));
        await rig.StopAgentAsync();

        rig.World.Disk.Remove("/var/lib/vfagent/config/host/resources/eth3-vfs");
        await NextAgentAsync(rig);

        await WithoutBrokerAsync(rig, () => rig.World.Disk.Look(Record) is null && rig.World.Disk.Look($"/var/lib/vfagent/ledger/pfs/{Eth3}") is null);
    }

    [Fact]
    public async Task Another_wish_that_came_before_the_agent_ended_is_made()
    {
        await using HostRig rig = await ManagedRigAsync();
        Task cut = ChangeMeets(rig, Fault.CrashAfter);
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        await cut;
        await NextAgentAsync(rig);
        await WithoutBrokerAsync(rig, () => rig.NumVfs(Eth3) == "0");
        await rig.StopAgentAsync();

        rig.World.Disk.Put("/var/lib/vfagent/config/host/resources/eth3-vfs", Again);
        await NextAgentAsync(rig);

        await WithoutBrokerAsync(rig, () => rig.NumVfs(Eth3) == "4" && rig.World.Disk.Look(Record) is null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_at_any_write_once_the_record_is_there_the_host_is_as_it_was_before_and_stays_so(bool isPowerLoss)
    {
        int last = int.MaxValue;
        for (int write = 0; write <= last; write++)
        {
            await using HostRig rig = await ManagedRigAsync();
            int written = 0;
            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            int at = write;
            Task cut = ChangeMeets(rig, Fault.None, call =>
            {
                // From the moment that its name is there: a file that is not in its place yet is none.
                if (!call.Mutates)
                    return Fault.None;
                if (written > 0)
                    written++;
                else if (call is { Kind: CallKind.RenameFile } && call.Path.Contains("/unconfirmed/", StringComparison.Ordinal))
                    written = 1;
                if (written == 0 || written != at + (isPowerLoss ? 2 : 1))
                    return Fault.None;

                met.TrySetResult();
                return Fault.CrashAfter;
            });

            await rig.PublishAsync(Payloads.ResourceTopic, Resource);
            bool isUndone = false;
            await WithoutBrokerAsync(rig, () => met.Task.IsCompleted || (isUndone = IsUndone(rig)));
            if (isUndone)
            {
                Assert.InRange(write, 6, 30);
                last = write;
                continue;
            }

            await NextAgentAsync(rig, world =>
            {
                if (isPowerLoss)
                    world.PowerLoss();
                else
                    world.Restart();
            });
            await WithoutBrokerAsync(rig, () => IsUndone(rig));
            await cut;
            await ADayPassesAsync(rig);
            Assert.True(IsUndone(rig), rig.Log);
        }
    }

    private static bool SetsFour(SimulatedCall call) =>
        call is { Kind: CallKind.Write, Value: "4" } && call.Path.EndsWith("sriov_numvfs", StringComparison.Ordinal);

    private static bool IsUndone(HostRig rig) =>
        rig.NumVfs(Eth3) == "0" && rig.World.Disk.Look(Record)?.Text?.Contains("regretted", StringComparison.Ordinal) == true;

    private async Task<HostRig> ManagedRigAsync()
    {
        HostRig rig = await HostRig.CreateAsync(time: _time);
        rig.World.Kernel.SetDefaultRoute("eth3");
        rig.StartAgent();
        return rig;
    }

    // When the change is made for the first time, the broker is gone from then on.
    private Task ChangeMeets(HostRig rig, Fault first, Func<SimulatedCall, Fault>? faults = null, bool cutsOff = true)
    {
        var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.World.Faults = call =>
        {
            Fault fault = faults?.Invoke(call) ?? Fault.None;
            if (!SetsFour(call) || made.Task.IsCompleted)
                return fault;

            if (cutsOff)
            {
                _isCut = true;
                rig.Broker.StopAsync().GetAwaiter().GetResult();
            }

            made.TrySetResult();
            return fault == Fault.None ? first : fault;
        };
        return made.Task;
    }

    private static async Task NextAgentAsync(HostRig rig, Action<SimulatedWorld>? revive = null)
    {
        await rig.StopAgentAsync();
        rig.Board.Clear();
        if (revive is null)
            rig.World.Restart();
        else
            revive(rig.World);
        rig.World.Kernel.SetDefaultRoute("eth3");
        rig.StartAgent();
    }

    // Time goes on though no broker is there for an agent to connect to.
    private async Task WithoutBrokerAsync(HostRig rig, Func<bool> met) => await rig.Board.WaitForAsync("discovery", _ =>
    {
        if (met())
            return true;

        // The broker's last words were said before it was gone: time goes on when they were heard.
        if (_isCut && !rig.Log.Contains("is lost", StringComparison.Ordinal) && !rig.Log.Contains("Cannot connect", StringComparison.Ordinal))
            return false;

        _time.Advance(TimeSpan.FromSeconds(5));
        return false;
    });

    private async Task ADayPassesAsync(HostRig rig)
    {
        DateTimeOffset tomorrow = _time.GetUtcNow().AddDays(1);
        _time.Advance(TimeSpan.FromDays(1));
        await WithoutBrokerAsync(rig, () => _time.GetUtcNow() > tomorrow.AddSeconds(10));
    }

    // An agent that has not found the broker for long waits before it looks for it again.
    private Task<JsonNode?> UndoneIsSaidAsync(HostRig rig) => rig.Board.WaitForAsync("resources/eth3-vfs", status =>
    {
        _time.Advance(TimeSpan.FromMilliseconds(200));
        return (string?)status?["conditions"]?[1]?["reason"] == "NotConfirmed" &&
            ((string)status["conditions"]![1]!["message"]!).Contains("as it was before: 0 VFs", StringComparison.Ordinal);
    });
}
