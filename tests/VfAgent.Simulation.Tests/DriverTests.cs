using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>bind, unbind, drivers_probe, driver_override and modules.</summary>
public sealed class DriverTests : IDisposable
{
    private const string Igbvf = "/sys/bus/pci/drivers/igbvf";
    private const string VfioPci = "/sys/bus/pci/drivers/vfio-pci";
    private const string Vf = "0000:02:10.0\n";

    private readonly Host _host = new();

    [Fact]
    public void Probing_an_unknown_address_is_ENODEV() =>
        Assert.Equal(Errno.ENODEV, _host.Write(Host.DriversProbe, "0000:02:10.5"));

    [Fact]
    public void Probing_a_bound_device_succeeds_and_binds_nothing()
    {
        _host.SetNumVfs(1);
        Assert.Null(_host.Kernel.LoadModule("vfio_pci"));
        Assert.Null(_host.Write($"{Host.Vf0}/driver_override", "vfio-pci\n"));
        Assert.Null(_host.Write(Host.DriversProbe, Vf));
        Assert.Equal("igbvf", _host.Follow($"{Host.Vf0}/driver"));
    }

    [Fact]
    public void Probing_what_no_driver_matches_succeeds_and_binds_nothing()
    {
        _host.SetNumVfs(1);
        Assert.Null(_host.Write($"{Igbvf}/unbind", Vf));
        Assert.Null(_host.Write($"{Host.Vf0}/driver_override", "nosuchdrv\n"));
        Assert.Null(_host.Write(Host.DriversProbe, Vf));
        Assert.Equal("ENOENT", _host.Follow($"{Host.Vf0}/driver"));
        Assert.Equal(Errno.ENODEV, _host.Write($"{Igbvf}/bind", Vf));
    }

    [Fact]
    public void Binding_a_bound_device_is_EBUSY()
    {
        _host.SetNumVfs(1);
        Assert.Equal(Errno.EBUSY, _host.Write($"{Igbvf}/bind", Vf));
        _host.ToVfio(Host.Vf0Address);
        Assert.Equal(Errno.EBUSY, _host.Write($"{VfioPci}/bind", Vf));
    }

    [Fact]
    public void Binding_what_does_not_match_is_ENODEV()
    {
        _host.SetNumVfs(1);
        Assert.Null(_host.Kernel.LoadModule("vfio_pci"));
        Assert.Equal(Errno.ENODEV, _host.Write($"{VfioPci}/bind", Vf));
        Assert.Equal(Errno.ENODEV, _host.Write($"{Igbvf}/bind", "0000:02:10.5"));
    }

    [Fact]
    public void Without_autoprobe_vfs_get_no_driver_until_an_override_says_which()
    {
        Assert.Null(_host.Kernel.LoadModule("igbvf"));
        Assert.Null(_host.Write($"{Host.Pf}/sriov_drivers_autoprobe", "0\n"));
        _host.SetNumVfs(1);
        Assert.Equal("ENOENT", _host.Follow($"{Host.Vf0}/driver"));
        Assert.False(_host.Kernel.Exists($"{Host.Vf0}/net"));
        Assert.Null(_host.Write(Host.DriversProbe, Vf));
        Assert.Equal(Errno.ENODEV, _host.Write($"{Igbvf}/bind", Vf));
        Assert.Equal("ENOENT", _host.Follow($"{Host.Vf0}/driver"));

        Assert.Null(_host.Write($"{Host.Vf0}/driver_override", "igbvf\n"));
        Assert.Null(_host.Write(Host.DriversProbe, Vf));
        Assert.Equal("igbvf", _host.Follow($"{Host.Vf0}/driver"));
    }

    [Fact]
    public void Unbinding_from_a_driver_it_is_not_bound_to_is_ENODEV()
    {
        _host.SetNumVfs(1);
        Assert.Null(_host.Kernel.LoadModule("vfio_pci"));
        Assert.Equal(Errno.ENODEV, _host.Write($"{VfioPci}/unbind", Vf));
        Assert.Null(_host.Write($"{Igbvf}/unbind", Vf));
        Assert.Equal(Errno.ENODEV, _host.Write($"{Igbvf}/unbind", Vf));
    }

    [Fact]
    public void An_override_is_cleared_by_a_newline_and_by_nothing_less()
    {
        string path = $"{Host.Pf}/driver_override";
        Assert.Null(_host.Write(path, "vfio-pci\n"));
        Assert.Equal("vfio-pci", _host.Read(path));
        Assert.Equal(Errno.EINVAL, _host.Write(path, string.Empty));
        Assert.Equal("vfio-pci", _host.Read(path));
        Assert.Null(_host.Write(path, "\n"));
        Assert.Equal("(null)", _host.Read(path));
    }

    [Fact]
    public void An_override_to_the_driver_of_other_hardware_binds_nothing()
    {
        _host.SetNumVfs(1);
        Assert.Null(_host.Write($"{Igbvf}/unbind", Vf));
        Assert.Null(_host.Write($"{Host.Vf0}/driver_override", "igb"));
        Assert.Null(_host.Write(Host.DriversProbe, Vf));
        Assert.Equal("ENOENT", _host.Follow($"{Host.Vf0}/driver"));
        Assert.Equal(Errno.ENODEV, _host.Write("/sys/bus/pci/drivers/igb/bind", Vf));
    }

    [Fact]
    public void On_vfio_a_vf_has_a_device_node_and_no_netdev_and_comes_back_with_a_new_mac()
    {
        _host.SetNumVfs(2);
        string mac = _host.Read($"{Host.Vf0}/net/eth4/address");
        string group = _host.Follow($"{Host.Vf0}/iommu_group");
        _host.ToVfio(Host.Vf0Address);
        Assert.Equal($"{group} vfio", _host.List("/dev/vfio"));
        Assert.Equal("0000:02:10.0", _host.List($"/sys/kernel/iommu_groups/{group}/devices"));
        Assert.False(_host.Kernel.Exists($"{Host.Vf0}/net"));

        Assert.Null(_host.Write($"{Host.Vf0}/driver_override", "\n"));
        Assert.Null(_host.Write($"{VfioPci}/unbind", Vf));
        Assert.Null(_host.Write(Host.DriversProbe, Vf));
        Assert.Equal("vfio", _host.List("/dev/vfio"));
        Assert.Equal("eth4", _host.List($"{Host.Vf0}/net"));
        Assert.NotEqual(mac, _host.Read($"{Host.Vf0}/net/eth4/address"));
    }

    [Fact]
    public void Without_an_iommu_vfio_binds_nothing()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { Iommu = false });
        host.SetNumVfs(1);
        Assert.False(host.Kernel.Exists($"{Host.Vf0}/iommu_group"));
        Assert.Equal(string.Empty, host.List("/sys/kernel/iommu_groups"));
        Assert.Null(host.Kernel.LoadModule("vfio-pci"));
        Assert.Null(host.Write($"{Host.Vf0}/driver_override", "vfio-pci\n"));
        Assert.Null(host.Write($"{Igbvf}/unbind", Vf));
        Assert.Null(host.Write(Host.DriversProbe, Vf));
        Assert.Equal("ENOENT", host.Follow($"{Host.Vf0}/driver"));
        Assert.Equal(Errno.EINVAL, host.Write($"{VfioPci}/bind", Vf));
    }

    [Fact]
    public void A_module_that_the_kernel_lacks_is_ENOENT()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { Modules = ["igbvf"] });
        Assert.Equal(Errno.ENOENT, host.Kernel.LoadModule("vfio_pci")?.Errno);
        Assert.False(host.Kernel.Exists(VfioPci));
        Assert.Equal(Errno.ENOENT, host.Write($"{VfioPci}/bind", Vf));
    }

    [Fact]
    public void A_loaded_module_brings_its_driver_and_device_nodes()
    {
        Assert.False(_host.Kernel.Exists("/dev/vhost-net"));
        foreach (string module in new[] { "vfio-pci", "vhost_net", "tun", "tun" })
            Assert.Null(_host.Kernel.LoadModule(module));

        Assert.All(
            ["/sys/module/vfio_pci", "/sys/module/vfio", VfioPci, "/dev/vfio/vfio", "/dev/vhost-net", "/dev/net/tun"],
            path => Assert.True(_host.Kernel.Exists(path), path));
    }

    [Fact]
    public void Without_its_module_a_vf_has_no_driver_until_the_module_comes()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { Modules = ["vfio_pci"] });
        host.SetNumVfs(1);
        Assert.Equal("ENOENT", host.Follow($"{Host.Vf0}/driver"));
        Assert.Null(host.Write($"{Host.Vf0}/driver_override", "vfio-pci"));
        Assert.Null(host.Kernel.LoadModule("vfio_pci"));
        Assert.Equal("vfio-pci", host.Follow($"{Host.Vf0}/driver"));
    }

    public void Dispose() => _host.Dispose();
}
