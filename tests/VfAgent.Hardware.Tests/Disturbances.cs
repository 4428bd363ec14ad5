using System.Text.Json.Nodes;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>Others at work on the same host: people with a shell, containers, drivers that come and go.</summary>
public sealed class Disturbances(SharedMachine shared)
{
    private const string NumVfs = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs";

    [Fact]
    public async Task Vfs_that_somebody_takes_away_come_back_and_the_attachment_keeps_its_own()
    {
        await using Host host = await InSyncAsync();

        await host.RunAsync($"echo 0 >{NumVfs}; eventually grep -x 4 {NumVfs}");

        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        JsonNode attachment = await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", (string?)attachment["device"]);
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
    }

    [Fact]
    public async Task Another_count_waits_for_the_container_that_has_a_vf_and_is_made_when_it_stops()
    {
        await using Host host = await InSyncAsync();
        await host.RunAsync(Busybox.Import);
        string container = (await host.RunAsync($"podman run -d --name web --net f1-u {Busybox.Image} sleep 1000")).Trim();

        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal));

        await host.Controller.StatusAsync("resources/eth3-vfs", status =>
            (string?)status["phase"] == "BLOCKED" && status["conditions"]!.ToJsonString().Contains(container[..12], StringComparison.Ordinal));
        Assert.Equal("eth0\nlo\n", await host.RunAsync("podman exec web ls /sys/class/net"));
        Assert.Equal("4\n", await host.RunAsync($"cat {NumVfs}"));

        await host.RunAsync("podman stop -t 0 web");
        await host.Controller.StatusAsync("resources/eth3-vfs", status => (string?)status["phase"] == "IN_SYNC" && (int)status["status"]![0]!["numVfs"]! == 6);
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
    }

    [Fact]
    public async Task Another_count_waits_for_the_host_that_has_a_vf_in_a_bridge_and_is_made_when_it_is_taken_out()
    {
        await using Host host = await InSyncAsync();
        await host.RunAsync("udevadm settle; ip link add br0 type bridge vlan_default_pvid 0; ip link set $(ls /sys/bus/pci/devices/0000:02:00.0/virtfn1/net) master br0");

        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource.Replace("\"numVfs\":4", "\"numVfs\":6", StringComparison.Ordinal));

        await host.Controller.StatusAsync("resources/eth3-vfs", status =>
            (string?)status["phase"] == "BLOCKED" && status["conditions"]!.ToJsonString().Contains("VF 1 (the host (in br0))", StringComparison.Ordinal));
        Assert.Equal("4\n", await host.RunAsync($"cat {NumVfs}"));

        await host.RunAsync("ip link set $(ls /sys/bus/pci/devices/0000:02:00.0/virtfn1/net) nomaster");
        await host.Controller.StatusAsync("resources/eth3-vfs", status => (string?)status["phase"] == "IN_SYNC" && (int)status["status"]![0]!["numVfs"]! == 6);
        await host.RunAsync("ip link del br0");
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
    }

    [Fact]
    public async Task A_pf_that_is_unbound_and_bound_again_comes_back_with_its_vfs_and_the_same_attachment()
    {
        await using Host host = await InSyncAsync();

        await host.RunAsync("cd /sys/bus/pci/drivers/igb; echo 0000:02:00.0 >unbind; echo 0000:02:00.0 >bind");

        await host.RunAsync($"eventually grep -x 4 {NumVfs}");
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
        JsonNode attachment = await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        Assert.Equal("0000:02:10.0", (string?)attachment["device"]);
    }

    [Fact]
    public async Task Drivers_that_are_unloaded_and_loaded_again_find_everything_put_back()
    {
        await using Host host = await InSyncAsync();

        await host.RunAsync("modprobe -r igbvf igb; modprobe igb; udevadm settle");

        await host.RunAsync($"eventually grep -x 4 {NumVfs}");
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
    }

    [Fact]
    public async Task Where_new_vfs_got_no_driver_they_do_until_the_nic_is_given_back_as_it_was_found()
    {
        const string Autoprobe = "/sys/bus/pci/devices/0000:02:00.0/sriov_drivers_autoprobe";
        await using Host host = await Host.StartAsync(shared.Machine);
        await host.RunAsync($"echo 0 >{Autoprobe}");

        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource);
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");

        await host.RunAsync($"mosquitto_pub -r -t '{host.Topics}/config/resources/eth3-vfs' -n; eventually grep -x 0 {Autoprobe}; grep -x 0 {NumVfs}");
    }

    [Fact]
    public async Task A_second_run_over_a_host_in_sync_writes_nothing()
    {
        await using Host host = await InSyncAsync();
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
        const string Files = "ls -l --time-style=full-iso -i -R /etc/cni /etc/cdi; ip -j -d link | jq -c '.[] | [.ifindex, .ifname, .address, .mtu]'";
        string before = await host.RunAsync(Files);

        await host.RunAsync("kill $(cat /run/vfagent.pid); eventually bash -c '! pgrep -x vfagent'");
        await host.Controller.StatusAsync("agent", status => (string?)status["state"] == "OFFLINE");
        await host.StartAgentAsync();
        await host.Controller.StatusAsync("agent", status => (int)status["counts"]!["inSync"]! == 2);

        Assert.Equal(before, await host.RunAsync(Files));
    }

    private async Task<Host> InSyncAsync()
    {
        Host host = await Host.StartAsync(shared.Machine);
        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource);
        await host.PublishAsync("networkattachments/f1-u", Payloads.Attachment);
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        return host;
    }
}
