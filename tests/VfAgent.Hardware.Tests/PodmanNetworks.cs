using System.Globalization;
using System.Text.Json.Nodes;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>Podman 5 with netavark, whose containers get their VFs from the plugin.</summary>
public sealed class PodmanNetworks(Debian13Machine debian13) : IClassFixture<Debian13Machine>
{
    private const string FirstVf = "0000:02:10.0";

    // Its name, address and MTU, and the VLAN that the PF has it in.
    private const string Netdev = $"""
        udevadm settle
        ip -j link show dev $(ls /sys/bus/pci/devices/{FirstVf}/net) | jq -c '.[0] | [.ifname, .address, .mtu]'
        ip -j -d link show eth3 | jq .[0].vfinfo_list[0].vlan_list[0].vlan
        """;

    private const string Namespace = "$(basename $(podman inspect -f '{{.NetworkSettings.SandboxKey}}' web))";

    [Fact]
    public async Task A_container_has_the_vf_as_it_asks_for_it_and_gives_it_back_however_it_ends()
    {
        await using Host host = await InSyncAsync("eth3", 4, "f1-u", settings: ""","vfMtu":1400,"vfDefaults":{"vlan":{"id":100}}""");
        Assert.Contains("f1-u vfagent", await host.RunAsync("podman network ls --format '{{.Name}} {{.Driver}}'"), StringComparison.Ordinal);
        string before = await host.RunAsync(Netdev);
        Assert.EndsWith(",1400]\n100\n", before, StringComparison.Ordinal);

        string killed = "";
        string kill = Kill("web", $"[[ -e /sys/bus/pci/devices/{FirstVf}/net/{before.Split('"')[1]} && ! -e /run/vfagent/leases/{FirstVf} ]]");
        foreach (string end in (string[])["podman stop -t 0 web", "podman rm -f -t 0 web", kill])
        {
            string container = await StartAsync(host, "web", "--net f1-u:interface_name=f1u,ip=10.20.0.77,mac=02:00:00:00:00:77");

            JsonNode link = JsonNode.Parse(await host.RunAsync($"ip -j -n {Namespace} address show dev f1u"))![0]!;
            Assert.Equal(("02:00:00:00:00:77", "10.20.0.77"), ((string?)link["address"], (string?)link["addr_info"]![0]!["local"]));
            Assert.Equal($"{FirstVf}\n", await host.RunAsync("basename $(podman exec web readlink /sys/class/net/f1u/device)"));
            await UsedByAsync(host, user => user.Contains(container[..12], StringComparison.Ordinal));

            killed = await host.RunAsync(end);
            await UsedByAsync(host, user => user.Length == 0);
            Assert.Equal(before, await host.RunAsync(Netdev));
            await host.RunAsync("podman rm -f -t 0 web");
        }

        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");

        // Podman notices the end, starts, has its networks given back, and takes the namespace away.
        await host.RunAsync("ip link add br0 type bridge; podman network create -d macvlan -o parent=br0 --subnet 10.99.0.0/24 plain");
        await StartAsync(host, "other", "--net plain");
        string plain = await host.RunAsync(Kill("other", "[[ ! -e $namespace ]]"));
        TestContext.Current.TestOutputHelper?.WriteLine($"VF back {killed.Trim()} ms after the kill; a network of podman's own {plain.Trim()} ms");
        Assert.InRange(int.Parse(killed, CultureInfo.InvariantCulture) - int.Parse(plain, CultureInfo.InvariantCulture), int.MinValue, 1000);
    }

    [Fact]
    public async Task What_a_container_leaves_that_vanishes_is_put_right_about_a_second_after_its_vfs_return()
    {
        const string Look = """
            look() { local net=(/sys/bus/pci/devices/0000:02:10.0/net/*); [[ -e $net ]] && echo "${net##*/} $(<"$net/address") $(<"$net/mtu")"; }
            """;
        await using Host host = await InSyncAsync("eth3", 4, "f1-u");

        // While the PF is down a VF's driver waits for it in vain with each setting.
        string before = (await host.RunAsync($"{Look}\nip link set eth3 up; eventually grep -q 1 /sys/class/net/eth3/carrier; look")).Trim();
        await StartAsync(host, "web", "--network f1-u:interface_name=f1u --ip 10.20.0.78 --mac-address 02:00:00:00:00:77");
        await UsedByAsync(host, user => user.Length > 0);
        Assert.Contains("inet 10.20.0.78/24", await host.RunAsync($"ip -n {Namespace} address show dev f1u"), StringComparison.Ordinal);

        // Nobody is left who would give the VF back, and no namespace to take it from.
        string times = await host.RunAsync(Look + """

            namespace=$(podman inspect -f '{{.NetworkSettings.SandboxKey}}' web)
            ip -n "$(basename "$namespace")" link set dev f1u mtu 1400
            kill -9 $(podman inspect -f '{{.State.ConmonPid}} {{.State.Pid}}' web)
            umount "$namespace"
            until look >/run/left; do sleep 0.01; done
            start=${EPOCHREALTIME/./}

            """ + $"""
            until [[ $(look) == '{before}' && ! -e /run/vfagent/leases/{FirstVf} ]]; do sleep 0.01; done
            echo "$(</run/left), $(((${"{EPOCHREALTIME/./}"} - start) / 1000))"
            """);

        // Podman needs a second try to believe it.
        await host.RunAsync("eventually podman rm -f -t 0 web");
        TestContext.Current.TestOutputHelper?.WriteLine($"left as {times.Trim()} ms later put right");
        Assert.StartsWith("f1u 02:00:00:00:00:77 1400, ", times, StringComparison.Ordinal);
        Assert.InRange(int.Parse(times.Split(", ")[1], CultureInfo.InvariantCulture), 0, 1500);
        await UsedByAsync(host, user => user.Length == 0);
        await host.TellsTheTruthAsync("resources/eth3-vfs", "0000:02:00.0");
    }

    [Fact]
    public async Task Vfs_of_two_nics_in_one_container_reach_that_of_another()
    {
        await using Host host = await InSyncAsync("eth3", 2, "f1-u");
        await host.PublishAsync("resources/eth2-vfs", Resource("eth2", 2));
        await host.PublishAsync("networkattachments/f1-c", Attachment("f1-c", "eth2").Replace("10.20.", "10.30.", StringComparison.Ordinal));
        await host.PublishAsync("networkattachments/far", Attachment("far", "eth2"));
        foreach (string name in (string[])["f1-c", "far"])
            await host.Controller.PhaseAsync($"networkattachments/{name}", "IN_SYNC");

        await host.RunAsync("for pf in eth2 eth3; do ip link set $pf up; eventually grep -q 1 /sys/class/net/$pf/carrier; done");
        await StartAsync(host, "near", "--net f1-u:interface_name=up,ip=10.20.0.50 --net f1-c:interface_name=down");
        await StartAsync(host, "far", "--net far:interface_name=far,ip=10.20.0.99");

        Assert.Equal("down\nlo\nup\n", await host.RunAsync("podman exec near ls /sys/class/net"));
        await host.RunAsync("eventually podman exec --privileged near ping -c 1 -W 2 10.20.0.99; podman exec --privileged far ping -c 1 -W 2 10.20.0.50");
    }

    [Fact]
    public async Task A_pool_gives_each_of_many_containers_a_vf_of_its_own_also_when_no_agent_is_there()
    {
        await using Host host = await InSyncAsync("eth3", 7, "pool", "DYNAMIC");
        await host.RunAsync("kill $(cat /run/vfagent.pid); eventually bash -c '! pgrep -x vfagent'");

        await host.RunAsync($$"""
            for i in 1 2 3 4 5 6 7; do podman run -d --name c$i --net pool {{Busybox.Image}} sleep 1000 >/dev/null & starts+=($!); done
            for start in "${starts[@]}"; do wait $start; done
            """);

        string devices = await host.RunAsync("for i in 1 2 3 4 5 6 7; do basename $(podman exec c$i readlink /sys/class/net/eth0/device); done | sort");
        Assert.Equal("0000:02:10.0\n0000:02:10.2\n0000:02:10.4\n0000:02:10.6\n0000:02:11.0\n0000:02:11.2\n0000:02:11.4\n", devices);

        Output eighth = await host.Machine.TryAsync($"podman run --rm --name c8 --net pool {Busybox.Image} true");
        Assert.NotEqual(0, eighth.ExitCode);
        Assert.Contains("network pool has no free VF: 0000:02:10.0 is in use by", eighth.Errors, StringComparison.Ordinal);

        await host.RunAsync($"podman rm -f -t 0 c3; podman run --rm --name c9 --net pool {Busybox.Image} true");
    }

    private async Task<Host> InSyncAsync(string pf, int numVfs, string network, string allocation = "STATIC", string settings = "")
    {
        Host host = await Host.StartAsync(debian13.Machine);
        await host.RunAsync(Busybox.Import);
        await host.PublishAsync($"resources/{pf}-vfs", Resource(pf, numVfs, settings));
        await host.PublishAsync($"networkattachments/{network}", Attachment(network, pf, allocation));
        await host.Controller.PhaseAsync($"resources/{pf}-vfs", "IN_SYNC");
        await host.Controller.PhaseAsync($"networkattachments/{network}", "IN_SYNC");
        return host;
    }

    private static async Task<string> StartAsync(Host host, string name, string options) =>
        (await host.RunAsync($"podman run -d --name {name} {options} {Busybox.Image} sleep 1000")).Trim();

    private static string Resource(string pf, int numVfs, string settings = "") =>
        $$$"""{"name":"{{{pf}}}-vfs","numVfs":{{{numVfs}}},"nicSelector":{"pfNames":["{{{pf}}}"]}{{{settings}}}}""";

    private static string Attachment(string name, string pf, string allocation = "STATIC") => $$"""
        {
          "name": "{{name}}", "resourceName": "{{pf}}-vfs", "allocation": "{{allocation}}",
          "config": { "type": "sriov", "ipam": { "type": "host-local", "ranges": [[{ "subnet": "10.20.0.0/24", "rangeStart": "10.20.0.50" }]] } }
        }
        """;

    // Prints how many milliseconds it takes until a condition is met.
    private static string Kill(string container, string isMet) => $$$"""
        namespace=$(podman inspect -f '{{.NetworkSettings.SandboxKey}}' {{{container}}})
        pid=$(podman inspect -f '{{.State.Pid}}' {{{container}}})
        start=${EPOCHREALTIME/./}
        kill -9 $pid
        until {{{isMet}}}; do sleep 0.01; done
        echo $(((${EPOCHREALTIME/./} - start) / 1000))
        """;

    private static Task<JsonNode> UsedByAsync(Host host, Func<string, bool> expected) => host.Controller.StatusAsync(
        "resources/eth3-vfs", status => expected((string)status["status"]![0]!["vfs"]![0]!["usedBy"]!));
}
