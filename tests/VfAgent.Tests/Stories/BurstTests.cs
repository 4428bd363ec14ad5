namespace VfAgent.Tests.Stories;

/// <summary>Configs that come all at once, as when a broker delivers what it has kept for a host that was away.</summary>
public sealed class BurstTests
{
    private const string NumVfs = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task Of_versions_that_come_in_one_burst_only_the_last_changes_the_NIC()
    {
        await using HostRig rig = await HostRig.WithResourceAsync();

        rig.Pace = TimeSpan.Zero;
        foreach (int numVfs in (int[])[2, 7, 3, 5, 6])
            await rig.PublishAsync(Payloads.ResourceTopic, Payloads.ResourceWith(numVfs));
        await rig.Board.WaitForAsync("agent", _ => rig.Log.Split("accepted in place of an earlier one").Length == 1 + 5);
        rig.Pace = TimeSpan.FromMilliseconds(20);
        await rig.Board.WaitForAsync("resources/eth3-vfs", _ => rig.NumVfs("0000:02:00.0") == "6");

        Assert.Equal(["4", "0", "6"], rig.World.Log.Select(entry => entry.Call).Where(call => call.Path == NumVfs).Select(call => call.Value));
    }
}
