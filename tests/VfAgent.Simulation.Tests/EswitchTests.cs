using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>Embedded switches as their drivers' sources say; what netdevsim's does is measured in the machine.</summary>
public sealed class EswitchTests
{
    private const string Eth3 = "pci/0000:02:00.0";

    [Theory]
    [InlineData("ice", 0, "ok")]
    [InlineData("ice", 2, "EOPNOTSUPP (Changing eswitch mode is allowed only if there is no VFs created)")]
    [InlineData("mlx5", 0, "ok")]
    [InlineData("mlx5", 2, "EBUSY (Can't change mode, E-Switch is busy)")]
    [InlineData("bnxt", 0, "EPERM (Enable VFs before setting switchdev mode)")]
    [InlineData("bnxt", 2, "ok")]
    public void Each_driver_has_its_own_idea_of_when_the_mode_may_change(string kind, int vfs, string answer)
    {
        using Host host = Up(kind);
        if (vfs > 0)
            host.SetNumVfs(vfs);

        Assert.Equal(answer, Set(host, EswitchMode.Switchdev));
        Assert.Equal(answer == "ok" ? EswitchMode.Switchdev : EswitchMode.Legacy, host.Kernel.GetEswitch(Eth3).Value);
    }

    [Fact]
    public void Mlx5_changes_the_mode_once_its_vfs_have_no_driver()
    {
        using Host host = Up("mlx5");
        host.SetNumVfs(1);
        Assert.Null(host.Write("/sys/bus/pci/drivers/mlx5_core/unbind", "0000:02:00.2"));

        Assert.Equal("ok", Set(host, EswitchMode.Switchdev));
    }

    [Fact]
    public void In_switchdev_mode_each_vf_has_a_representor_beside_the_uplink_that_goes_with_it()
    {
        using Host host = Up("ice");
        Assert.Equal("ok", Set(host, EswitchMode.Switchdev));
        host.SetNumVfs(2);

        string[] netdevs = host.List($"{Host.Pf}/net").Split(' ');
        Assert.Equal(["p0", "pf0vf0", "pf0vf1"], netdevs.Select(netdev => host.Read($"{Host.Pf}/net/{netdev}/phys_port_name")).Order());
        Assert.Single(netdevs.Select(netdev => host.Read($"{Host.Pf}/net/{netdev}/phys_switch_id")).Distinct());

        host.SetNumVfs(0);
        Assert.Equal("eth3", host.List($"{Host.Pf}/net"));
    }

    [Fact]
    public void The_mode_is_forgotten_with_the_driver()
    {
        using Host host = Up("ice");
        Assert.Equal("ok", Set(host, EswitchMode.Switchdev));
        Assert.Null(host.Write("/sys/bus/pci/drivers/ice/unbind", "0000:02:00.0"));
        Assert.Equal(Errno.ENODEV, host.Kernel.GetEswitch(Eth3).Error?.Errno);

        Assert.Null(host.Write("/sys/bus/pci/drivers/ice/bind", "0000:02:00.0"));

        Assert.Equal(EswitchMode.Legacy, host.Kernel.GetEswitch(Eth3).Value);
        Assert.Equal("EOPNOTSUPP", host.Read($"{Host.Pf}/net/eth3/phys_switch_id"));
    }

    private static Host Up(string kind)
    {
        Host host = new($"{kind}:2");
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        return host;
    }

    private static string Set(Host host, EswitchMode mode) => host.Kernel.SetEswitch(Eth3, mode) is { } error
        ? $"{error.Errno}{(error.KernelText is { } text ? $" ({text})" : "")}"
        : "ok";
}
