using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Simulation.Tests;

public sealed class DiscoveryTests
{
    [Fact]
    public void The_host_of_the_readme_has_eth3_where_the_readme_says()
    {
        using var host = new Host("igb:2");
        Assert.Equal("eth3", host.List($"{Host.Pf}/net"));
        Assert.Equal("00:00:00:01:03:01", host.Read($"{Host.Pf}/net/eth3/address"));
        Assert.Equal("igb", host.Follow($"{Host.Pf}/driver"));
        Assert.Equal("0x8086 0x10c9 0x020000", host.Read(Host.Pf, "vendor", "device", "class"));
        Assert.Equal("7 0 1", host.Read(Host.Pf, "sriov_totalvfs", "sriov_numvfs", "sriov_drivers_autoprobe"));
        Assert.Equal("128 2 10ca", host.Read(Host.Pf, "sriov_offset", "sriov_stride", "sriov_vf_device"));
        Assert.Equal("(null) -1", host.Read(Host.Pf, "driver_override", "numa_node"));
    }

    [Fact]
    public void Vfs_of_igb_are_at_the_measured_addresses_with_the_next_free_names()
    {
        using var host = new Host("igb:2");
        host.SetNumVfs(7);
        string[] vfs = [.. Enumerable.Range(0, 7).Select(n => $"{host.Follow($"{Host.Pf}/virtfn{n}")[5..]} {host.List($"{Host.Pf}/virtfn{n}/net")}")];
        Assert.Equal(["02:10.0 eth4", "02:10.2 eth5", "02:10.4 eth6", "02:10.6 eth7", "02:11.0 eth8", "02:11.2 eth9", "02:11.4 eth10"], vfs);
        Assert.Equal("0000:02:00.0", host.Follow($"{Host.Vf0}/physfn"));
        Assert.Equal("igbvf", host.Follow($"{Host.Vf0}/driver"));
        Assert.Equal("0x10ca", host.Read($"{Host.Vf0}/device"));
        Assert.False(host.Kernel.Exists($"{Host.Vf0}/sriov_totalvfs"));
    }

    [Fact]
    public void Things_that_are_no_sriov_nic_are_there_to_be_ignored()
    {
        using var host = new Host("igb:1");
        Assert.Equal("eth0 eth1 eth2 lo", host.List("/sys/class/net"));
        Assert.Equal("0000:00:01.0 0000:00:03.0 0000:00:04.0 0000:01:00.0", host.List("/sys/bus/pci/devices"));
        Assert.Equal("0x060400", host.Read("/sys/bus/pci/devices/0000:00:01.0/class"));
        Assert.False(host.Kernel.Exists("/sys/bus/pci/devices/0000:00:03.0/sriov_totalvfs"));
        Assert.False(host.Kernel.Exists("/sys/bus/pci/devices/0000:00:03.0/net"));
        Assert.Equal("eth0", host.List("/sys/bus/pci/devices/0000:00:03.0/virtio0/net"));
        Assert.Equal("virtio0", host.Follow("/sys/class/net/eth0/device"));
        Assert.False(host.Kernel.Exists("/sys/class/net/lo/device"));
    }

    [Theory]
    [InlineData("igb:32", 7)]
    [InlineData("ixgbe:32", 63)]
    [InlineData("i40e:32", 64)]
    [InlineData("ice:32", 256)]
    [InlineData("mlx5:32", 127)]
    [InlineData("bnxt:32", 128)]
    public void All_vfs_of_a_full_host_have_addresses_of_their_own(string nics, int totalVfs)
    {
        using var host = new Host(nics);
        for (int bus = 1; bus <= 32; bus++)
        {
            string pf = $"/sys/bus/pci/devices/0000:{bus:x2}:00.0";
            Assert.Null(host.Kernel.SetLinkUp(host[$"eth{bus + 1}"], up: true));
            Assert.Null(host.Write($"{pf}/sriov_drivers_autoprobe", "0"));
            Assert.Null(host.Write($"{pf}/sriov_numvfs", $"{totalVfs}"));
        }

        IReadOnlyList<string> devices = host.Kernel.List("/sys/bus/pci/devices").Value!;
        Assert.Equal(3 + 32 * (1 + totalVfs), devices.Count);
        Assert.All(devices, device => Assert.True(PciAddress.TryParse(device, out _), device));
    }

    [Theory]
    [InlineData("ixgbe", "ixgbe 0x8086 0x10fb", "ixgbevf 0x8086 0x10ed")]
    [InlineData("i40e", "i40e 0x8086 0x1572", "iavf 0x8086 0x154c")]
    [InlineData("ice", "ice 0x8086 0x1592", "iavf 0x8086 0x1889")]
    [InlineData("mlx5", "mlx5_core 0x15b3 0x1019", "mlx5_core 0x15b3 0x101a")]
    [InlineData("bnxt", "bnxt_en 0x14e4 0x1750", "bnxt_en 0x14e4 0x1806")]
    public void Each_kind_has_its_drivers_and_ids(string kind, string pf, string vf)
    {
        using var host = new Host($"{kind}:2");
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        host.SetNumVfs(1);
        string Identity(string folder) => $"{host.Follow($"{folder}/driver")} {host.Read(folder, "vendor", "device")}";
        Assert.Equal(pf, Identity(Host.Pf));
        Assert.Equal(vf, Identity($"{Host.Pf}/virtfn0"));
        Assert.Equal("eth4", host.List($"{Host.Pf}/virtfn0/net"));
    }

    [Fact]
    public void Errors_of_paths_are_those_of_a_file_system()
    {
        using var host = new Host();
        Assert.Equal("ENOENT", host.Read("/sys/bus/pci/devices/0000:09:00.0/vendor"));
        Assert.Equal("ENOENT", host.Follow($"{Host.Pf}/virtfn0"));
        Assert.Equal("ENOTDIR", host.Read($"{Host.Pf}/vendor/x"));
        Assert.Equal("ENOTDIR", host.List($"{Host.Pf}/vendor"));
        Assert.Equal("EISDIR", host.Read(Host.Pf));
        Assert.Equal("EINVAL", host.Follow($"{Host.Pf}/vendor"));
        Assert.Equal("EACCES", host.Read("/sys/bus/pci/drivers/igb/bind"));
        Assert.Equal("ENOENT", host.Write($"{Host.Pf}/nothing", "1").ToString());
    }

    [Fact]
    public void An_igb_that_is_down_refuses_the_reads_that_it_refuses()
    {
        using var host = new Host("igb:1,mlx5:1");
        const string Igb = "/sys/class/net/eth2";
        Assert.Equal("EINVAL EINVAL EOPNOTSUPP", host.Read(Igb, "speed", "carrier", "phys_port_name"));
        Assert.Equal("0x1002 down 1500", host.Read(Igb, "flags", "operstate", "mtu"));
        Assert.Equal("p0", host.Read("/sys/class/net/eth3/phys_port_name"));
    }
}
