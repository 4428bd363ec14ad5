using System.Text.Json.Nodes;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>Devices for user space: vfio, vhost-net and tun through CDI.</summary>
public sealed class VfioAndVhostNet(SharedMachine shared)
{
    private const string Vfio =
        """{"name":"eth3-vfs","numVfs":2,"nicSelector":{"devices":["0000:02:00.0"]},"deviceType":"vfio-pci"}""";

    [Fact]
    public async Task A_vfio_vf_comes_into_a_container_as_a_cdi_device_and_goes_back_to_its_kernel_driver()
    {
        await using Host host = await Host.StartAsync(shared.Machine);
        await host.RunAsync(Busybox.Import);
        await host.PublishAsync("resources/eth3-vfs", Vfio);
        await host.PublishAsync("networkattachments/f1-u", Payloads.Attachment);
        JsonNode attachment = await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");

        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
        Assert.Equal("vfio-pci\n", await host.RunAsync(Drivers));
        Assert.Equal("vfagent.io/vfio=f1-u", (string?)attachment["cdiDevice"]);
        string group = (await host.RunAsync("basename $(readlink /sys/bus/pci/devices/0000:02:10.0/iommu_group)")).Trim();
        string devices = await host.RunAsync($"podman run --rm --net none --device vfagent.io/vfio=f1-u {Busybox.Image} ls /dev/vfio");
        Assert.Equal($"{group}\nvfio\n", devices);

        await host.PublishAsync("resources/eth3-vfs", Vfio.Replace("vfio-pci", "netdevice", StringComparison.Ordinal));
        await host.Controller.StatusAsync("networkattachments/f1-u", status => (string?)status["phase"] == "IN_SYNC" && (string?)status["cdiDevice"] == "");
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        Assert.Equal("igbvf\n", await host.RunAsync(Drivers));
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
        Assert.Equal("", await host.RunAsync("ls /etc/cdi"));
    }

    [Fact]
    public async Task A_vf_that_a_process_has_open_is_waited_for_and_the_write_that_would_hang_is_not_made()
    {
        await using Host host = await Host.StartAsync(shared.Machine);
        await host.PublishAsync("resources/eth3-vfs", Vfio);
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");
        string open = await host.RunAsync("""
            group=$(basename "$(readlink /sys/bus/pci/devices/0000:02:10.2/iommu_group)")
            setsid bash -c 'exec 4<>"/dev/vfio/$1" 3>&-; exec sleep 1000' holder "$group" >/dev/null 2>&1 &
            eventually bash -c "ls -l /proc/$!/fd | grep -q /dev/vfio/$group"
            echo $!
            """);

        await host.PublishAsync("resources/eth3-vfs", Vfio.Replace("\"numVfs\":2", "\"numVfs\":3", StringComparison.Ordinal));

        JsonNode blocked = await host.Controller.PhaseAsync("resources/eth3-vfs", "BLOCKED");
        Assert.Contains($"VF 1 (process {open.Trim()} (sleep))", blocked["conditions"]![1]!["message"]!.ToString(), StringComparison.Ordinal);
        await host.PublishAsync("resources/other", """{"name":"other","numVfs":1,"nicSelector":{"pfNames":["eth2"]}}""");
        await host.Controller.PhaseAsync("resources/other", "IN_SYNC");

        await host.RunAsync($"kill {open}");
        await host.Controller.StatusAsync("resources/eth3-vfs", status => (string?)status["phase"] == "IN_SYNC" && (int)status["status"]![0]!["numVfs"]! == 3);
    }

    [Fact]
    public async Task VhostNet_and_tun_come_into_a_container_as_one_cdi_device()
    {
        await using Host host = await Host.StartAsync(shared.Machine);
        await host.RunAsync(Busybox.Import);
        await host.PublishAsync("resources/eth3-vfs", """{"name":"eth3-vfs","numVfs":1,"needVhostNet":true,"nicSelector":{"pfNames":["eth3"]}}""");
        await host.Controller.PhaseAsync("resources/eth3-vfs", "IN_SYNC");

        string devices = await host.RunAsync(
            $"podman run --rm --net none --device vfagent.io/vhost-net=eth3-vfs {Busybox.Image} stat -c '%n %F' /dev/vhost-net /dev/net/tun");

        Assert.Equal("/dev/vhost-net character special file\n/dev/net/tun character special file\n", devices);
    }

    private const string Drivers = "for vf in /sys/bus/pci/devices/0000:02:00.0/virtfn*; do basename $(readlink $vf/driver); done | sort -u";
}
