using System.Text.Json.Nodes;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>README's story, on a real kernel with real drivers and podman.</summary>
public sealed class ReadmeStory(SharedMachine shared)
{
    private const string Pf = "0000:02:00.0";
    private const string FirstVf = "0000:02:10.0";

    [Fact]
    public async Task Vf_operators_example_makes_four_vfs_and_says_of_them_what_the_machine_says()
    {
        await using Host host = await Host.StartAsync(shared.Machine);

        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource.Replace("1500", "1400", StringComparison.Ordinal));

        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await host.TellsTheTruthAsync("resources/eth3-vfs", Pf);
        Assert.Equal("4 1400\n", await host.RunAsync($"echo $(cat /sys/bus/pci/devices/{Pf}/sriov_numvfs /sys/class/net/eth3/mtu)"));
        Assert.Equal("igbvf\n", await host.RunAsync($"for vf in /sys/bus/pci/devices/{Pf}/virtfn*; do basename $(readlink $vf/driver); done | sort -u"));
    }

    [Fact]
    public async Task Discovery_says_of_a_nic_that_nobody_configured_what_the_machine_says()
    {
        await using Host host = await Host.StartAsync(shared.Machine);
        await host.RunAsync("echo 2 >/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs; ip link set eth2 up; eventually grep -q 1 /sys/class/net/eth2/carrier");

        await host.TellsTheTruthAsync("discovery", "0000:01:00.0");
    }

    [Fact]
    [Trait("Podman", "CNI")]
    public async Task A_container_on_the_network_has_the_vf_as_its_second_interface_and_gives_it_back()
    {
        await using Host host = await InSyncAsync();

        string conflist = await host.RunAsync("cat /etc/cni/net.d/vfagent-f1-u.conflist");
        Assert.Equal($$"""{"type":"host-device","pciBusID":"{{FirstVf}}"}""", JsonNode.Parse(conflist)!["plugins"]![0]!.ToJsonString());
        Assert.Contains("f1-u host-device", await host.RunAsync("podman network ls --format '{{.Name}} {{.Driver}}'"), StringComparison.Ordinal);
        string mac = await host.RunAsync($"udevadm settle; cat /sys/bus/pci/devices/{FirstVf}/net/*/address");

        // podman deals out eth0, eth1, … in the order of a Go map, which is another one each time.
        string container = (await host.RunAsync($"podman run -d --name web --net podman:interface_name=eth0 --net f1-u:interface_name=eth1 {Busybox.Image} sleep 1000")).Trim();

        Assert.Equal("eth0\neth1\nlo\n", await host.RunAsync("podman exec web ls /sys/class/net"));
        Assert.Equal($"{FirstVf}\n", await host.RunAsync("basename $(podman exec web readlink /sys/class/net/eth1/device)"));
        Assert.Equal(mac, await host.RunAsync("podman exec web cat /sys/class/net/eth1/address"));
        Assert.Equal("", await host.RunAsync($"ls /sys/bus/pci/devices/{FirstVf}/net"));
        await UsedByAsync(host, user => user.Contains(container[..12], StringComparison.Ordinal));

        await host.RunAsync("podman stop -t 0 web");
        await UsedByAsync(host, user => user.Length == 0);
        Assert.Equal(mac, await host.RunAsync($"cat /sys/bus/pci/devices/{FirstVf}/net/*/address"));
        await host.TellsTheTruthAsync("resources/eth3-vfs", Pf);
    }

    [Fact]
    public async Task A_container_may_choose_the_interfaces_name()
    {
        await using Host host = await InSyncAsync();

        string device = await host.RunAsync($"podman run --rm --net f1-u:interface_name=f1 {Busybox.Image} readlink /sys/class/net/f1/device");

        Assert.EndsWith($"/{FirstVf}\n", device, StringComparison.Ordinal);
    }

    private async Task<Host> InSyncAsync()
    {
        Host host = await Host.StartAsync(shared.Machine);
        await host.RunAsync(Busybox.Import);
        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource);
        await host.PublishAsync("networkattachments/f1-u", Payloads.Attachment);
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        return host;
    }

    private static Task<JsonNode> UsedByAsync(Host host, Func<string, bool> expected) => host.Controller.StatusAsync(
        "resources/eth3-vfs", status => expected((string)status["status"]![0]!["vfs"]![0]!["usedBy"]!));
}
