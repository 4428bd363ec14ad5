using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>What is left after a boot: the disk, and nothing of the NICs' state.</summary>
public sealed class Reboots
{
    [Fact]
    public async Task Without_a_broker_the_agent_brings_back_vfs_mtu_drivers_and_the_same_vf_for_the_same_attachment()
    {
        await using Machine machine = await Machine.StartAsync();
        await using Host host = await Host.StartAsync(machine);
        await host.PublishAsync("resources/eth3-vfs", Payloads.Resource.Replace("1500", "1400", StringComparison.Ordinal));
        await host.PublishAsync("resources/user-space", """{"name":"user-space","numVfs":3,"nicSelector":{"pfNames":["eth2"]},"deviceType":"vfio-pci"}""");
        foreach ((string name, string resource) in ((string, string)[])[("first", "eth3-vfs"), ("second", "eth3-vfs"), ("dpdk", "user-space")])
        {
            await host.PublishAsync($"networkattachments/{name}", Payloads.AttachmentOf(name, resource));
            await host.Controller.PhaseAsync($"networkattachments/{name}", "IN_SYNC");
        }

        // What is left of three: a new first-come order would give "second" another VF than the one it has.
        await host.RunAsync($"mosquitto_pub -r -t '{host.Topics}/config/networkattachments/first' -n");
        await host.Controller.GoneAsync("networkattachments/first");
        await host.Controller.PhaseAsync("resources/user-space", "IN_SYNC");
        string before = await host.RunAsync(Everything);

        await host.RebootAsync();
        Assert.Equal("0 0\n", await host.RunAsync("echo $(cat /sys/bus/pci/devices/*/sriov_numvfs)"));
        await host.RunAsync("pkill -x mosquitto; rm -rf /etc/cdi; mkdir /etc/cdi");
        await host.LaunchAgentAsync();

        await AsBeforeAsync(host, before);
    }

    private static async Task AsBeforeAsync(Host host, string before)
    {
        await host.RunAsync($$"""
            cat >/tmp/before <<'EOF'
            {{before.TrimEnd()}}
            EOF
            everything() { {{Everything}}; }
            export -f everything
            eventually bash -c 'diff /tmp/before <(everything)' || { diff /tmp/before <(everything) >&2; false; }
            """);
    }

    // Netdev names and MACs of VFs are new after a boot, and their IOMMU groups are numbered as the NICs happen to come: the spec names the VF's.
    private const string Everything = """
        udevadm settle; for pf in 0000:01:00.0 0000:02:00.0; do
          read-pf $pf | jq -c '[.device, .mtu, .numVfs, [.vfs[] | [.device, .driver]]]'
        done
        cat $(ls -d /etc/cni/net.d/vfagent-* /etc/containers/networks/*.json 2>/dev/null); ls /etc/cdi
        group=$(basename $(readlink /sys/bus/pci/devices/0000:01:10.0/iommu_group))
        for file in /etc/cdi/*; do jq -c '[.devices[].containerEdits.deviceNodes[].path]' $file | sed "s|/vfio/$group\"|/vfio/its-group\"|"; done
        """;
}
