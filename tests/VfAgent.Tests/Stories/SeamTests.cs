using System.Text.RegularExpressions;
using VfAgent.Core.Observed;
using VfAgent.Simulation;

namespace VfAgent.Tests.Stories;

/// <summary>What the agent asks of the kernel and the disk: the cost of a change follows the change, not the host.</summary>
public sealed partial class SeamTests
{
    private const string Sixth = "0000:06:00.0";
    private const string Everything = """{"name":"all","numVfs":4,"nicSelector":{"drivers":["igb"]}}""";

    [Fact]
    public async Task A_change_to_one_nic_of_eight_reads_and_writes_only_that_nic()
    {
        await using HostRig rig = await HostRig.CreateAsync("igb:8");
        rig.StartAgent();
        await rig.PublishAsync("config/resources/all", Everything);
        await rig.Board.WaitForPhaseAsync("resources/all", "IN_SYNC");
        await rig.Board.WaitForAsync("resources/all", _ => rig.IsQuiet);
        var asked = new SortedSet<string>(StringComparer.Ordinal);
        rig.World.Faults = call =>
        {
            lock (asked)
                asked.Add($"{call.Kind} {call.Path}");
            return Fault.None;
        };

        rig.World.Others.Write($"/sys/bus/pci/devices/{Sixth}/sriov_numvfs", "0");
        await rig.Board.WaitForAsync("resources/all", _ => rig.NumVfs(Sixth) == "0");
        await rig.Board.WaitForAsync("resources/all", _ => rig.NumVfs(Sixth) == "4");
        await rig.Board.WaitForPhaseAsync("resources/all", "IN_SYNC");
        await rig.Board.WaitForAsync("resources/all", _ => rig.IsQuiet);

        lock (asked)
        {
            Assert.Contains($"Write /sys/bus/pci/devices/{Sixth}/sriov_numvfs", asked);
            Assert.DoesNotContain(asked, IsAboutAnother);
        }
    }

    // By PCI address (bus 6 is the sixth NIC's and its VFs') or by the name of a PF's link, of which the sixth is eth7.
    private static bool IsAboutAnother(string call) =>
        PciAddress.FindAll(call).Any(address => address.ToString()[5..7] != "06") || AnotherPf().IsMatch(call);

    [GeneratedRegex(@"\beth[2-689]\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AnotherPf();
}
