using System.Diagnostics;
using System.Text.Json.Nodes;
using VfAgent.EndToEnd.Tests.Hosts;

namespace VfAgent.EndToEnd.Tests;

/// <summary>
/// The program as netavark runs it: real processes and network namespaces, on veths in the place of VFs, in a network and mount namespace of their own.
/// There are no VFs here, so a folder stands in for sysfs' list of PCI devices.
/// </summary>
public sealed class NetavarkNetworks
{
    // What is on the host when a script begins: four links, what sysfs says of each, and no container.
    private const string Host = """
        mount -t tmpfs run /run
        mount -t tmpfs devices /sys/bus/pci/devices
        for n in 0 2 4 6; do
          ip link add vf$n address 02:00:00:00:00:0$n type veth peer name wire$n
          mkdir -p /sys/bus/pci/devices/0000:02:10.$n/net/vf$n
          ln -s /sys/bus/pci/drivers/veth /sys/bus/pci/devices/0000:02:10.$n/driver
          ip -o link show vf$n | cut -d: -f1 >/sys/bus/pci/devices/0000:02:10.$n/net/vf$n/ifindex
        done
        input() { # container, interface, address
          printf '{"container_id":"%s-0123456789","container_name":"%s","network":{"name":"pool","id":"00","driver":"vfagent","dns_enabled":false,"internal":false,"ipv6_enabled":true,"options":{"vfagent.vfs":"%s"},"subnets":[{"subnet":"10.88.0.0/16","gateway":"10.88.0.1"},{"subnet":"fd00::/64","gateway":"fd00::1"}]},"network_options":{"interface_name":"%s","static_ips":["%s","fd00::5"],"static_mac":%s}}' "$1" "$1" "$vfs" "$2" "$3" "${mac:-null}"
        }
        up() { ip netns add "$1"; input "$1" eth0 "10.88.0.${2:-5}" | "$vfagent" setup "/run/netns/$1" || echo " ($?)"; }
        down() { input "$1" eth0 10.88.0.5 | "$vfagent" teardown "/run/netns/$1" || echo " ($?)"; }
        inside() { { ip -n "$1" -o address show eth0 | sed 's/ *\\.*//; s/^[0-9]*: //'; ip -n "$1" route; ip -n "$1" -6 route show default; } | sed 's/  */ /g; s/ $//'; }
        links() { ip -br link | grep -o '^vf[0-9]@[^ ]* *[A-Z]* *[0-9a-f:]*' | sed 's/@[^ ]*//; s/  */ /g'; }
        vfs="0000:02:10.0 0000:02:10.2 0000:02:10.4 0000:02:10.6"
        """;

    // As links shows them.
    private const string AllThere = """
        vf0 DOWN 02:00:00:00:00:00
        vf2 DOWN 02:00:00:00:00:02
        vf4 DOWN 02:00:00:00:00:04
        vf6 DOWN 02:00:00:00:00:06
        """;

    [Fact]
    public async Task A_container_gets_a_link_and_gives_it_back_as_it_was()
    {
        string output = await RunAsync("""
            mac='"02:00:00:00:00:aa"'
            up web
            echo
            ip -n web -br link show eth0 | grep -o '02:[^ ]*'
            inside web
            links
            down web
            down web
            links
            ip -n web -br link | wc -l
            ls /run/vfagent/leases
            """);

        Assert.Equal(
            $$$$"""
            {"dns_search_domains":[],"dns_server_ips":[],"interfaces":{"eth0":{"mac_address":"02:00:00:00:00:aa","subnets":[{"ipnet":"10.88.0.5/16","gateway":"10.88.0.1"},{"ipnet":"fd00::5/64","gateway":"fd00::1"}]}}}
            02:00:00:00:00:aa
            eth0 inet 10.88.0.5/16 brd 10.88.255.255 scope global eth0
            eth0 inet6 fd00::5/64 scope global tentative
            default via 10.88.0.1 dev eth0 proto static metric 99 linkdown
            10.88.0.0/16 dev eth0 proto kernel scope link src 10.88.0.5 linkdown
            default via fd00::1 dev eth0 proto static metric 99 linkdown pref medium
            vf2 DOWN 02:00:00:00:00:02
            vf4 DOWN 02:00:00:00:00:04
            vf6 DOWN 02:00:00:00:00:06
            {{{{AllThere}}}}
            1
            """,
            output);
    }

    [Fact]
    public async Task Containers_that_start_at_once_get_a_link_each_and_one_too_many_is_told_who_has_them()
    {
        string output = await RunAsync("""
            for n in 1 2 3 4 5 6; do up c$n >/run/c$n & done
            wait
            grep -l mac_address /run/c? | wc -l
            cat /run/c? | grep -o 'mac_address":"[^"]*' | sort -u | wc -l
            grep -L mac_address /run/c? | wc -l
            sed 's/c[1-6]/c/g' $(grep -L mac_address /run/c? | head -n 1)
            links | wc -l
            for n in 1 2 3 4 5 6; do down c$n & done
            wait
            links
            ls /run/vfagent/leases
            """);

        const string Taken = "is in use by container c (c-012345678) on network pool";
        Assert.Equal(
            $$"""
            4
            4
            2
            {"error":"network pool has no free VF: 0000:02:10.0 {{Taken}}, 0000:02:10.2 {{Taken}}, 0000:02:10.4 {{Taken}}, 0000:02:10.6 {{Taken}}"} (1)
            0
            {{AllThere}}
            """,
            output);
    }

    [Fact]
    public async Task A_plugin_that_is_killed_in_a_start_leaves_nothing_that_the_containers_end_does_not_undo()
    {
        string output = await RunAsync("""
            vfs=0000:02:10.0
            ip netns add web
            for ms in 05 10 15 20 25 30 35 40 45 50 60 70; do
              (exec 2>/dev/null; input web eth0 10.88.0.5 | timeout -s KILL 0.0$ms "$vfagent" setup /run/netns/web >/dev/null || true)
              down web
              ip -n web -br link | wc -l
              links | head -n 1
              ls /run/vfagent/leases 2>/dev/null || true
            done | uniq -c | sed 's/  *//' | sort -u
            up db | grep -o 'mac_address":"[^"]*'
            """);

        Assert.EndsWith("\nmac_address\":\"02:00:00:00:00:00", output, StringComparison.Ordinal);
        Assert.Equal(["1 1", "1 vf0 DOWN 02:00:00:00:00:00"], output.Split('\n')[..^1]);
    }

    [Fact]
    public async Task What_netavark_asks_first_is_answered()
    {
        string output = await RunAsync("""
            "$vfagent" info
            echo
            echo '{"name":"pool","options":{"vfagent.vfs":"0000:02:10.0"}}' | "$vfagent" create
            echo
            echo 'no json' | "$vfagent" create || echo " ($?)"
            """);

        string[] lines = output.Split('\n');
        Assert.Equal("1.0.0", (string?)JsonNode.Parse(lines[0])!["api_version"]);
        Assert.Equal("""{"name":"pool","options":{"vfagent.vfs":"0000:02:10.0"}}""", lines[1]);
        Assert.StartsWith("""{"error":"what netavark says is not understood""", lines[2], StringComparison.Ordinal);
        Assert.EndsWith("(1)", lines[2], StringComparison.Ordinal);
    }

    // Outside of the script's namespaces nothing happens.
    private static async Task<string> RunAsync(string script)
    {
        var start = new ProcessStartInfo("unshare", ["--net", "--mount", "--propagation", "private", "sh", "-euc", $"vfagent={Binary.Path}\n{Host}\n{script}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", errors);
        return (await output).TrimEnd('\n');
    }
}
