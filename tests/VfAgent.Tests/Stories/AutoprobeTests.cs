using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>NICs whose new VFs get no driver, since the agent or somebody else wants it so.</summary>
public sealed class AutoprobeTests
{
    private const string Pf = "/sys/bus/pci/devices/0000:02:00.0/";
    private const string Resource =
        """{"name":"eth3-vfs","numVfs":4,"nicSelector":{"pfNames":["eth3"]},"deviceType":"vfio-pci","driversAutoprobe":false}""";

    [Fact]
    public async Task Vfs_are_made_without_their_kernel_driver_and_the_nic_is_as_before()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();

        await rig.PublishAsync(Payloads.ResourceTopic, Resource);

        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal(["0", "4", "1"], Writes(rig));
        Assert.DoesNotContain(rig.World.Log, entry => entry.Call.Path.EndsWith("igbvf/unbind", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_agent_that_died_at_any_write_puts_back_what_it_turned_off()
    {
        int writes = await CountAsync();
        for (int at = 1; at <= writes; at++)
        {
            await using HostRig rig = await HostRig.CreateAsync();
            int fatal = at;
            Task met = rig.MeetFault(call => call.Number == fatal, Fault.CrashAfter);
            await rig.PublishAsync(Payloads.ResourceTopic, Resource);
            rig.StartAgent();
            await rig.MeetAsync(met);
            await rig.StopAgentAsync();
            rig.World.Restart();
            rig.Board.Clear();

            rig.StartAgent();

            await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
            Assert.Equal("1", rig.World.Kernel.Read(Pf + "sriov_drivers_autoprobe").Value);
        }
    }

    [Fact]
    public async Task Where_that_was_so_vfs_get_their_driver_until_the_nic_is_given_back()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        rig.StartAgent();
        await rig.Board.WaitForAsync("discovery", _ => true);

        // Which no event tells.
        Assert.Null(rig.World.Others.Write(Pf + "sriov_drivers_autoprobe", "0"));
        await rig.PublishAsync(Payloads.ResourceTopic, Payloads.Resource);
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal(["1", "4"], Writes(rig));
        Assert.Equal("igbvf", rig.World.Others.ReadLink(Pf + "virtfn0/driver").Value);

        await rig.PublishAsync(Payloads.ResourceTopic, "");
        await rig.Board.WaitForAsync("discovery", _ => rig.World.Others.Read(Pf + "sriov_drivers_autoprobe").Value == "0");
        Assert.Equal(["1", "4", "0", "0"], Writes(rig));
    }

    private static async Task<int> CountAsync()
    {
        await using HostRig rig = await HostRig.CreateAsync();
        await rig.PublishAsync(Payloads.ResourceTopic, Resource);
        rig.StartAgent();
        await rig.Board.WaitForPhaseAsync("resources/eth3-vfs", "IN_SYNC");
        return rig.World.Writes;
    }

    private static IEnumerable<string?> Writes(HostRig rig) =>
        rig.World.Log.Where(entry => entry.Call.Path is Pf + "sriov_drivers_autoprobe" or Pf + "sriov_numvfs").Select(entry => entry.Call.Value);
}
