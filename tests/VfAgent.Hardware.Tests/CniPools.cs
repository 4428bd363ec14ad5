using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>Containers of podman with CNI in one network of seven VFs, which its host-device plugin gives them. No agent runs.</summary>
[Trait("Podman", "CNI")]
public sealed class CniPools(SharedMachine shared)
{
    // What is on the host when a test begins: a network that hands out all VFs of eth3.
    private const string Pool = $$$$"""
        {{{{Package.Install}}}}
        echo 7 >/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs
        udevadm settle
        vfs=$(for n in 0 1 2 3 4 5 6; do basename "$(readlink -f /sys/bus/pci/devices/0000:02:00.0/virtfn$n)"; done)
        jq -n --arg vfs "$vfs" '{cniVersion: "1.0.0", name: "pool", plugins: [{type: "vfagent", vfs: ($vfs | split("\n")), delegate: {
          type: "host-device", ipam: {type: "host-local", ranges: [[{subnet: "10.88.0.0/24"}]]}}}]}' >/etc/cni/net.d/pool.conflist
        ip link set eth3 up
        eventually grep -x 1 /sys/class/net/eth3/carrier
        """;

    // Of each VF: its name, address, MTU and what its PF holds for it, but for the address, where igb shows the VF's own once that was up.
    private const string Vfs = """
        { for net in /sys/bus/pci/devices/0000:02:00.0/virtfn*/net/*; do echo "${net##*/} $(cat "$net/address" "$net/mtu" | tr '\n' ' ')"; done
          ip link show eth3 | grep 'vf ' | sed 's/link.ether [^,]*, //'; }
        """;

    [Fact]
    public async Task Eight_that_start_at_once_get_seven_VFs_and_one_is_told_who_has_them()
    {
        string before = await MakePoolAsync();

        string started = await shared.Machine.RunAsync($"""
            for n in 1 2 3 4 5 6 7 8; do
              podman run -d --name c$n --net pool {Busybox.Image} sleep 1000 >/run/c$n.out 2>&1 && echo c$n &
            done
            wait
            """);

        string[] names = started.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, names.Distinct().Count());
        string late = Enumerable.Range(1, 8).Select(n => $"c{n}").Except(names).Single();
        string refusal = await shared.Machine.RunAsync($"cat /run/{late}.out");
        Assert.Contains("network pool has no free VF: 0000:02:10.0 is in use by container c", refusal, StringComparison.Ordinal);
        string addresses = await shared.Machine.RunAsync($"for c in {string.Join(' ', names)}; do podman exec $c cat /sys/class/net/eth0/address; done | sort -u | wc -l");
        Assert.Equal("7", addresses.Trim());

        await shared.Machine.RunAsync($"podman rm -f -t 0 {names[0]}; podman rm -f {late}; podman run -d --name {late} --net pool {Busybox.Image} sleep 1000");
        await shared.Machine.RunAsync("podman rm -fa -t 0; udevadm settle");

        Assert.Equal(before, await shared.Machine.RunAsync(Vfs));
        Assert.Equal("", await shared.Machine.RunAsync("ls /run/vfagent/leases"));
    }

    [Fact]
    public async Task One_that_is_killed_gives_its_VF_back_as_it_was()
    {
        string before = await MakePoolAsync();

        await shared.Machine.RunAsync($"""
            podman run -d --name web --cap-add NET_ADMIN --net pool {Busybox.Image} sh -c 'ip link set eth0 mtu 1300; sleep 1000'
            eventually bash -c 'podman exec web cat /sys/class/net/eth0/mtu | grep -x 1300'
            kill -9 "$(podman inspect -f '{"{{.State.Pid}}"}' web)"
            eventually bash -c '[[ -z $(ls /run/vfagent/leases) ]]'
            udevadm settle
            """);

        Assert.Equal(before, await shared.Machine.RunAsync(Vfs));
    }

    [Fact]
    public async Task One_that_vanishes_has_its_VF_and_its_address_taken_back_when_the_next_comes()
    {
        string before = await MakePoolAsync();

        await shared.Machine.RunAsync($$$"""
            podman run -d --name web --net pool {{{Busybox.Image}}} sleep 1000
            compgen -G '/var/lib/cni/networks/pool/10.*'
            namespace=$(podman inspect -f '{{.NetworkSettings.SandboxKey}}' web)
            kill -9 $(podman inspect -f '{{.State.ConmonPid}} {{.State.Pid}}' web)
            umount "$namespace"
            rm "$namespace"
            eventually ls /sys/bus/pci/devices/0000:02:10.0/net/eth0
            eventually podman rm -f -t 0 web
            podman run --rm --net pool {{{Busybox.Image}}} true
            udevadm settle
            """);

        Assert.Equal(before, await shared.Machine.RunAsync(Vfs));
        Assert.Equal("", await shared.Machine.RunAsync("ls /run/vfagent/leases; ls -d /var/lib/cni/networks/pool/10.* 2>/dev/null || true"));
    }

    /// <returns>What its VFs are.</returns>
    private async Task<string> MakePoolAsync()
    {
        await Host.CleanAsync(shared.Machine);
        await shared.Machine.RunAsync(Busybox.Import);
        await shared.Machine.RunAsync(Pool);
        return await shared.Machine.RunAsync(Vfs);
    }
}
