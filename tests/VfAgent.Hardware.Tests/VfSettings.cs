using System.Text.Json.Nodes;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>What VFs are set to through a real igb, which takes some of it and refuses the rest.</summary>
public sealed class VfSettings(SharedMachine shared)
{
    private const string Topic = "resources/eth3-vfs";
    private const string FirstVlan = ".[0].vfinfo_list[0].vlan_list[0].vlan";

    [Fact]
    public async Task What_igb_takes_is_set_and_what_it_refuses_is_said()
    {
        await using Host host = await StartAsync();

        await PublishAsync(host, """
            "vfMtu":1400,"vfDefaults":{"mac":"deterministic","vlan":{"id":100,"qos":3},"trust":true,"spoofchk":false,"maxTxRate":100,"linkState":"ENABLE"},
            "vfs":[{"indexes":"1","mac":"02:00:00:00:00:01","vlan":{"id":200,"proto":"802.1ad"},"minTxRate":10}]
            """);

        JsonNode status = await host.Controller.StatusAsync(Topic, status =>
            (string?)status["phase"] == "DEGRADED" && Vf(status, 0) is { } first && Vf(status, 1) is { } second &&
            (int)first["mtu"]! == 1400 && (int)first["maxTxRate"]! == 100 && (string?)first["mac"] == (string?)first["adminMac"] &&
            (int)second["mtu"]! == 1400 && (int)second["maxTxRate"]! == 100 && (string?)second["mac"] == "02:00:00:00:00:01");
        await host.TellsTheTruthAsync(Topic, "0000:02:00.0");
        Assert.Equal("""{"id":100,"qos":3,"proto":"802.1q"} true false AUTO""", $"{Vf(status, 0)!["vlan"]!.ToJsonString()} {Vf(status, 0)!["trust"]} {Vf(status, 0)!["spoofchk"]} {Vf(status, 0)!["adminLinkState"]}");
        string message = (string)status["conditions"]![1]!["message"]!;
        foreach (string refused in (string[])["vf 0 state enable: EOPNOTSUPP", "vf 1 vlan 200 qos 0 proto 802.1ad: EPROTONOSUPPORT", "vf 1 min_tx_rate 10 max_tx_rate 100: EINVAL"])
            Assert.Contains(refused, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_changes_is_put_right_and_so_is_what_a_container_leaves()
    {
        await using Host host = await StartAsync();
        await host.RunAsync(Busybox.Import);
        await PublishAsync(host, """ "vfMtu":1400,"vfDefaults":{"mac":"deterministic","vlan":{"id":100}} """);
        await host.PublishAsync("networkattachments/f1-u", Payloads.Attachment);
        await host.Controller.PhaseAsync("networkattachments/f1-u", "IN_SYNC");
        JsonNode before = Vf(await host.Controller.PhaseAsync(Topic, "IN_SYNC"), 0)!;

        await host.RunAsync($"ip link set eth3 vf 0 vlan 7 mac 02:00:00:00:be:ef; eventually bash -c 'ip -j -d link show eth3 | jq -e \"{FirstVlan} == 100\"'");
        await host.Controller.StatusAsync(Topic, status => (string?)status["phase"] == "IN_SYNC" && (string?)Vf(status, 0)!["adminMac"] == (string?)before["adminMac"]);

        await host.RunAsync($"podman run -d --name web --cap-add NET_ADMIN --net f1-u {Busybox.Image} sh -c 'ip link set eth0 mtu 1300; sleep 1000'");
        await host.RunAsync("eventually bash -c 'podman exec web cat /sys/class/net/eth0/mtu | grep -x 1300'");
        await host.RunAsync("ip link set eth3 vf 0 vlan 7");
        await host.Controller.PhaseAsync(Topic, "BLOCKED");
        await host.RunAsync("podman rm -f -t 0 web");

        await host.Controller.StatusAsync(Topic, status =>
            (string?)status["phase"] == "IN_SYNC" && (int)Vf(status, 0)!["mtu"]! == 1400 && (string?)Vf(status, 0)!["mac"] == (string?)before["mac"]);
        await host.TellsTheTruthAsync(Topic, "0000:02:00.0");
    }

    // With its link up, without which igb takes no rate and tells a VF no address.
    private async Task<Host> StartAsync()
    {
        Host host = await Host.StartAsync(shared.Machine);
        await host.RunAsync("ip link set eth3 up; eventually grep -x 1 /sys/class/net/eth3/carrier");
        return host;
    }

    private static Task PublishAsync(Host host, string settings) =>
        host.PublishAsync(Topic, $$"""{"name":"eth3-vfs","numVfs":2,"nicSelector":{"pfNames":["eth3"]},{{settings}}}""");

    private static JsonNode? Vf(JsonNode status, int index) => status["status"]?[0]?["vfs"]?.AsArray().ElementAtOrDefault(index);
}
