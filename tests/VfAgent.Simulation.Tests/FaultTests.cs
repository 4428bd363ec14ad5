using System.Text;
using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

public sealed class FaultTests : IDisposable
{
    private const string NumVfs = $"{Host.Pf}/sriov_numvfs";

    private readonly Host _host = new();

    [Fact]
    public void A_failing_call_has_its_error_and_no_effect()
    {
        _host.World.Faults = call => call.Kind is CallKind.Write or CallKind.Read ? Fault.Fail(Errno.ENOMEM) : Fault.None;
        Assert.Equal($"write 2 to {NumVfs}: ENOMEM", _host.Kernel.Write(NumVfs, "2\n")?.ToString());
        Assert.Equal("ENOMEM", _host.Read(NumVfs));
        _host.World.Faults = null;
        Assert.Equal("0", _host.Read(NumVfs));
    }

    [Fact]
    public void A_lying_call_succeeds_and_has_no_effect()
    {
        _host.World.Faults = _ => Fault.Lie;
        Assert.Null(_host.Write(NumVfs, "2"));
        Assert.Null(_host.Kernel.LoadModule("nonsense"));
        Assert.Equal("0", _host.Read(NumVfs));
    }

    [Fact]
    public void A_driver_may_make_fewer_vfs_than_asked_for()
    {
        _host.World.Faults = call => call.Mutates ? Fault.FewerVfs(1) : Fault.None;
        Assert.Null(_host.Write(NumVfs, "4"));
        Assert.Equal("1", _host.Read(NumVfs));
        Assert.False(_host.Kernel.Exists($"{Host.Pf}/virtfn1"));
    }

    [Theory]
    [InlineData(false, "0")]
    [InlineData(true, "2")]
    public void A_crash_comes_before_or_after_the_effect_and_nothing_answers_until_the_restart(bool after, string count)
    {
        _host.World.Faults = call => call.Mutates ? after ? Fault.CrashAfter : Fault.CrashBefore : Fault.None;
        Assert.Throws<SimulatedCrashException>(() => _host.Kernel.Write(NumVfs, "2"));
        Assert.Throws<SimulatedCrashException>(() => _host.Kernel.Read(NumVfs));
        Assert.Throws<SimulatedCrashException>(() => _host.Kernel.Exists(NumVfs));
        Assert.Throws<SimulatedCrashException>(() => _host.Kernel.GetLink(1));
        Assert.Throws<SimulatedCrashException>(() => _host.Disk.List("/"));
        Assert.Throws<SimulatedCrashException>(() => _host.Disk.Delete("/x"));
        Assert.Throws<SimulatedCrashException>(() => _host.Kernel.RunAsync(() => 1).IsCompleted);
        Assert.Throws<SimulatedCrashException>(() => _host.Kernel.Watch(_ => { }));

        _host.World.Restart();
        Assert.Equal(count, _host.Read(NumVfs));
    }

    [Fact]
    public void What_a_dead_agent_still_holds_stays_dead_when_the_next_one_lives()
    {
        (SimulatedKernel kernel, SimulatedDisk disk) = (_host.Kernel, _host.Disk);
        _host.World.Restart();
        Assert.Throws<SimulatedCrashException>(() => kernel.Write(NumVfs, "2"));
        Assert.Throws<SimulatedCrashException>(() => disk.Delete("/x"));
        Assert.Equal("0", _host.Read(NumVfs));
    }

    [Fact]
    public void An_agent_that_is_killed_in_a_call_learns_so_before_the_next_one_lives()
    {
        SimulatedKernel kernel = _host.Kernel;
        string? last = null;
        async Task Agent()
        {
            try
            {
                await kernel.RunAsync(() => kernel.Write(NumVfs, "2"));
            }
            catch (SimulatedCrashException)
            {
                last = Record.Exception(() => kernel.Read(NumVfs))?.GetType().Name;
            }
        }

        _host.World.Faults = _ => Fault.Hang;
        Task agent = Agent();
        _host.World.Restart();
        Assert.True(agent.IsCompletedSuccessfully);
        Assert.Equal(nameof(SimulatedCrashException), last);
    }

    [Fact]
    public async Task A_crash_inside_work_is_its_tasks()
    {
        _host.World.Faults = _ => Fault.CrashBefore;
        Task<IoError?> work = _host.Kernel.RunAsync(() => _host.Kernel.Write(NumVfs, "2"));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => work);
    }

    [Fact]
    public void Every_call_before_the_kth_has_its_effect_and_none_behind_it()
    {
        for (int k = 1; k <= 4; k++)
        {
            using var host = new Host();
            int last = k;
            host.World.Faults = call => call.Number == last ? Fault.CrashBefore : Fault.None;
            Assert.Throws<SimulatedCrashException>(() =>
            {
                host.Kernel.LoadModule("tun");
                host.Disk.CreateDirectory("/run/x");
                host.Disk.Write("/run/x/a", "1"u8, 420);
                host.Kernel.Write(NumVfs, "2");
            });
            host.World.Restart();
            bool[] done =
            [
                host.Kernel.Exists("/dev/net/tun"), host.Disk.Stat("/run/x").Ok, host.Disk.Look("/run/x/a") is not null, host.Read(NumVfs) == "2",
            ];
            Assert.Equal(k - 1, done.TakeWhile(isDone => isDone).Count());
            Assert.Equal(k - 1, done.Count(isDone => isDone));
        }
    }

    [Fact]
    public void The_log_has_what_changes_the_host_and_the_counters_the_rest()
    {
        _host.Write(NumVfs, "2\n");
        _host.Write(NumVfs, "4\n");
        _host.Kernel.SetLinkMtu(_host["eth3"], 9217);
        _host.Disk.Write("/nowhere/a", Encoding.UTF8.GetBytes("text"), 420);
        _host.Kernel.Exists(NumVfs);
        Assert.Equal(
            [
                $"1 Write {NumVfs} 2\\n",
                $"2 Write {NumVfs} 4\\n: EBUSY",
                "3 SetLinkMtu eth3 9217: EINVAL",
                "4 WriteFile /nowhere/a 4 bytes, mode 644: ENOENT",
            ],
            _host.World.Log.Select(logged => logged.ToString()));
        Assert.Equal((4, 2), (_host.World.Writes, _host.World.Reads));
    }

    [Fact]
    public void What_others_do_is_not_the_agents()
    {
        _host.SetNumVfs(1);
        int writes = _host.World.Writes;
        _host.World.Faults = _ => Fault.CrashBefore;
        _host.Kernel.MoveToContainer(Host.Vf0Address, "c1");
        _host.Disk.Put("/etc/cni/net.d/10-other.conflist", "{}");
        _host.Kernel.Unplug(Host.PfAddress);
        Assert.Equal(writes, _host.World.Writes);
    }

    public void Dispose() => _host.Dispose();
}
