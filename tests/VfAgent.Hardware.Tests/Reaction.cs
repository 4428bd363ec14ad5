using System.Globalization;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>
/// How soon the agent puts right what somebody changes, and does what it had to put off. What the kernel needs for the same change is not counted: making
/// VFs takes an emulated NIC longer than all the rest. That is measured on the other NIC, which nobody manages.
/// </summary>
public sealed class Reaction(SharedMachine shared)
{
    private const string Managed = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";
    private const string Other = "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs";
    private const string Mtu = "/sys/class/net/eth3/mtu";
    private const string Vf0 = "$(ip link show eth3 | grep 'vf 0 ')";

    [Theory]
    [InlineData("the MTU", $"echo 1400 >{Mtu}", $"[[ $(<{Mtu}) == 1500 ]]", ":")]
    [InlineData("the number of VFs", $"echo 0 >{Managed}", $"[[ $(<{Managed}) == 4 ]]", $"echo 4 >{Other}", $"echo 0 >{Other}")]
    [InlineData("a VF's VLAN", $"before={Vf0}; ip link set eth3 vf 0 vlan 200", $"[[ {Vf0} == \"$before\" ]]", "ip link set eth2 vf 0 vlan 100")]
    [InlineData("a VF's MAC", $"before={Vf0}; ip link set eth3 vf 0 mac 02:00:00:00:00:99", $"[[ {Vf0} == \"$before\" ]]", "ip link set eth2 vf 0 mac 02:00:00:00:00:98")]
    public async Task What_somebody_changes_is_put_right_within_a_second(string what, string change, string isRight, string same, string before = ":")
    {
        await using Host host = await InSyncAsync();

        // Of what a VF is set to the kernel tells only while the PF is up.
        await host.RunAsync($"echo 4 >{Other}; ip link set eth2 up; ip link set eth3 up; udevadm settle");

        int healed = await MillisecondsAsync(host, change, $"until {isRight}; do :; done");
        int kernel = await MillisecondsAsync(host, before, same);

        Report(what, healed, kernel);
        Assert.InRange(healed - kernel, int.MinValue, 1000);
    }

    [Fact]
    public async Task A_change_that_waited_for_a_container_is_made_within_two_seconds_of_its_end()
    {
        await using Host host = await InSyncAsync();
        await host.RunAsync(Busybox.Import);
        await host.RunAsync($"podman run -d --name web --net f1-u {Busybox.Image} sleep 1000; echo 4 >{Other}; udevadm settle");
        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal));
        await host.Controller.PhaseAsync("resources/eth3-vfs", "BLOCKED");

        int made = await MillisecondsAsync(host, "podman stop -t 0 web", $"until [[ $(<{Managed}) == 6 ]]; do :; done");
        int kernel = await MillisecondsAsync(host, ":", $"echo 0 >{Other}; echo 6 >{Other}");

        Report("the change that waited", made, kernel);
        Assert.InRange(made - kernel, int.MinValue, 2000);
    }

    // From the end of the first command to the end of the second.
    private static async Task<int> MillisecondsAsync(Host host, string first, string second) => int.Parse(
        (await host.RunAsync($"{first} >/dev/null; start=${{EPOCHREALTIME/./}}; {second}; echo $(((${{EPOCHREALTIME/./}} - start) / 1000))")).Trim(),
        CultureInfo.InvariantCulture);

    private static void Report(string what, int agent, int kernel) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {agent} ms, of which the kernel takes {kernel}");

    private async Task<Host> InSyncAsync()
    {
        Host host = await Host.StartAsync(shared.Machine);
        await host.PublishAsync("resources/eth3-vfs", """
            {"name":"eth3-vfs","numVfs":4,"mtu":1500,"nicSelector":{"pfNames":["eth3"]},"vfDefaults":{"mac":"deterministic","vlan":{"id":100}}}
            """);
        await host.PublishAsync("networkattachments/f1-u", Payloads.Attachment);
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        await host.Controller.StatusAsync("resources/eth3-vfs", status => (string?)status["phase"] is "IN_SYNC" or "PENDING");
        return host;
    }
}
