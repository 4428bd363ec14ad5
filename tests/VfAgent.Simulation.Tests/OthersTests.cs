using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Simulation.Tests;

/// <summary>What containers, people at the rack and reboots do to the agent's VFs.</summary>
public sealed class OthersTests : IDisposable
{
    private readonly Host _host = new();

    [Fact]
    public void A_vf_in_a_container_has_a_driver_and_no_netdev_on_the_host()
    {
        _host.SetNumVfs(2);
        int index = _host["eth4"];
        List<string> events = _host.Events();
        _host.Kernel.MoveToContainer(Host.Vf0Address, "c1", "eth0");
        Assert.Equal("igbvf", _host.Follow($"{Host.Vf0}/driver"));
        Assert.Equal(string.Empty, _host.List($"{Host.Vf0}/net"));
        Assert.False(_host.Kernel.Exists("/sys/class/net/eth4"));
        Assert.Equal(Errno.ENODEV, _host.Kernel.GetLink(index).Error?.Errno);
        Assert.Equal(["Remove 0000:02:10.0 of 0000:02:00.0"], events);
    }

    [Fact]
    public void It_comes_back_down_under_the_name_it_is_given()
    {
        _host.SetNumVfs(2);
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth4"], up: true));
        string mac = _host.Read("/sys/class/net/eth4/address");
        _host.Kernel.MoveToContainer(Host.Vf0Address, "c1", "eth0");
        _host.Kernel.MoveToHost(Host.Vf0Address, "eth4");
        Assert.Equal("eth4", _host.List($"{Host.Vf0}/net"));
        Assert.Equal($"{mac} 0x1002", $"{_host.Read("/sys/class/net/eth4/address")} {_host.Read("/sys/class/net/eth4/flags")}");
    }

    [Fact]
    public void It_comes_back_as_another_when_its_name_is_taken()
    {
        _host.SetNumVfs(2);
        _host.Kernel.MoveToContainer(Host.Vf0Address, "c1", "eth0");
        _host.Kernel.MoveToHost(Host.Vf0Address);
        Assert.Equal("eth4", _host.List($"{Host.Vf0}/net"));
        Assert.Equal("eth0", _host.List("/sys/bus/pci/devices/0000:00:03.0/virtio0/net"));
    }

    [Fact]
    public void Zero_takes_a_vf_out_of_a_running_container()
    {
        _host.SetNumVfs(2);
        _host.Kernel.MoveToContainer(Host.Vf0Address, "c1");
        List<string> events = _host.Events();
        _host.SetNumVfs(0);
        Assert.Equal(["Unbind 0000:02:10.0", "Remove 0000:02:10.0"], events.Take(2));
        Assert.Throws<InvalidOperationException>(() => _host.Kernel.MoveToHost(Host.Vf0Address));
    }

    [Fact]
    public void A_nic_that_is_pulled_takes_its_vfs_along_and_comes_back_empty()
    {
        _host.SetNumVfs(1);
        List<string> events = _host.Events();
        _host.Kernel.Unplug(Host.PfAddress);
        Assert.False(_host.Kernel.Exists(Host.Pf));
        Assert.False(_host.Kernel.Exists(Host.Vf0));
        Assert.Equal("eth0 eth1 eth2 lo", _host.List("/sys/class/net"));
        Assert.Equal(["Unbind 0000:02:00.0", "Remove 0000:02:00.0"], events.TakeLast(2));

        events.Clear();
        _host.Kernel.Replug(Host.PfAddress);
        Assert.Equal(["Add 0000:02:00.0", "Add 0000:02:00.0", "Link 0000:02:00.0", "Bind 0000:02:00.0"], events);
        Assert.Equal("eth3 0", $"{_host.List($"{Host.Pf}/net")} {_host.Read($"{Host.Pf}/sriov_numvfs")}");
    }

    [Fact]
    public void A_nic_whose_vf_is_open_is_gone_when_that_ends()
    {
        _host.SetNumVfs(1);
        _host.ToVfio(Host.Vf0Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf0Address);
        _host.Kernel.Unplug(Host.PfAddress);
        Assert.True(_host.Kernel.Exists(Host.Pf));
        _host.Kernel.CloseVfio(pid);
        Assert.False(_host.Kernel.Exists(Host.Pf));
    }

    [Fact]
    public void Life_on_the_host_goes_on_while_the_agent_is_dead()
    {
        _host.SetNumVfs(1);
        SimulatedKernel kernel = _host.Kernel;
        _host.World.Faults = _ => Fault.CrashBefore;
        Assert.Throws<SimulatedCrashException>(() => kernel.Exists("/sys"));
        kernel.MoveToContainer(Host.Vf0Address, "c1");
        _host.World.Faults = null;
        _host.World.Reboot();
        kernel.Unplug(Host.PfAddress);
        Assert.False(_host.Kernel.Exists(Host.Pf));
    }

    [Fact]
    public void What_is_impossible_throws()
    {
        Assert.Throws<InvalidOperationException>(() => _host.Kernel.Replug(Host.PfAddress));
        Assert.Throws<InvalidOperationException>(() => _host.Kernel.MoveToContainer(Host.Vf0Address, "c1"));
        Assert.Throws<InvalidOperationException>(() => _host.Kernel.OpenVfio(Host.PfAddress));
        Assert.Throws<InvalidOperationException>(() => _host.Kernel.Unplug(PciAddress.Parse("0000:09:00.0")));
    }

    [Fact]
    public void After_a_reboot_the_host_is_as_at_first_but_for_its_boot_id()
    {
        string bootId = _host.Read("/proc/sys/kernel/random/boot_id");
        Assert.True(Guid.TryParse(bootId, out _));
        Assert.Null(_host.Kernel.SetLinkMtu(_host["eth3"], 9000));
        Assert.Null(_host.Kernel.SetLinkUp(_host["eth3"], up: true));
        _host.SetNumVfs(2);
        _host.ToVfio(Host.Vf0Address);
        _host.Kernel.OpenVfio(Host.Vf0Address);
        _host.World.Reboot();
        Assert.NotEqual(bootId, _host.Read("/proc/sys/kernel/random/boot_id"));
        Assert.Equal("0 1500 0x1002", _host.Read(Host.Pf, "sriov_numvfs", "net/eth3/mtu", "net/eth3/flags"));
        Assert.False(_host.Kernel.Exists("/sys/module/vfio_pci"));
        _host.SetNumVfs(2);
        Assert.Equal("(null) igbvf", $"{_host.Read($"{Host.Vf0}/driver_override")} {_host.Follow($"{Host.Vf0}/driver")}");
    }

    [Fact]
    public void Vfs_that_come_again_get_the_iommu_groups_that_became_free()
    {
        _host.SetNumVfs(2);
        string group = _host.Follow($"{Host.Vf0}/iommu_group");
        _host.SetNumVfs(0);
        _host.SetNumVfs(2);
        Assert.Equal(group, _host.Follow($"{Host.Vf0}/iommu_group"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Iommu_groups_are_the_same_after_a_reboot_unless_told_otherwise(bool others)
    {
        _host.SetNumVfs(1);
        string group = _host.Follow($"{Host.Vf0}/iommu_group");
        _host.World.Reboot(others ? _host.World.Numbering with { FirstIommuGroup = 40 } : null);
        _host.SetNumVfs(1);
        Assert.Equal(others, group != _host.Follow($"{Host.Vf0}/iommu_group"));
    }

    [Fact]
    public void What_was_to_come_does_not_come_after_a_reboot()
    {
        using var host = new Host(options: new SimulationOptions());
        host.SetNumVfs(2);
        host.World.Reboot();
        host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(host.Kernel.Exists(Host.Vf0));
    }

    public void Dispose() => _host.Dispose();
}
