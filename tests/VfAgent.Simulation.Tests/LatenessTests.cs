using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

public sealed class LatenessTests
{
    private static SimulationOptions Late { get; } = new() { VfDelay = TimeSpan.FromMilliseconds(2), NetdevDelay = TimeSpan.FromMilliseconds(3) };

    [Fact]
    public void Vfs_come_one_after_another_after_the_write_and_their_netdevs_later()
    {
        using var host = new Host(options: Late);
        Assert.Null(host.Kernel.LoadModule("igbvf"));
        host.SetNumVfs(2);
        Assert.Equal("2", host.Read($"{Host.Pf}/sriov_numvfs"));
        Assert.Equal(string.Empty, VfsOf(host));
        host.Time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal("virtfn0", VfsOf(host));
        host.Time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal("virtfn0 virtfn1", VfsOf(host));
        Assert.False(host.Kernel.Exists($"{Host.Vf0}/driver"));
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("eth4 ENOENT", $"{host.List($"{Host.Pf}/virtfn0/net")} {host.List($"{Host.Pf}/virtfn1/net")}");
        host.Time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal("eth5", host.List($"{Host.Pf}/virtfn1/net"));
    }

    [Fact]
    public void The_first_vf_has_its_module_loaded_which_binds_the_others_at_once()
    {
        using var host = new Host(options: Late);
        host.SetNumVfs(2);
        host.Time.Advance(TimeSpan.FromMilliseconds(4));
        Assert.False(host.Kernel.Exists("/sys/module/igbvf"));
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(host.Kernel.Exists("/sys/module/igbvf"));
        Assert.Equal("eth4 eth5", $"{host.List($"{Host.Pf}/virtfn0/net")} {host.List($"{Host.Pf}/virtfn1/net")}");
    }

    [Fact]
    public void One_jump_of_the_clock_gives_what_many_small_ones_give()
    {
        using var jump = new Host(options: Late with { RenameNetdevs = true });
        using var steps = new Host(options: Late with { RenameNetdevs = true });
        List<string> jumped = jump.Events(), stepped = steps.Events();
        jump.SetNumVfs(7);
        steps.SetNumVfs(7);
        jump.Time.Advance(TimeSpan.FromSeconds(1));
        for (int millisecond = 0; millisecond < 100; millisecond++)
            steps.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(stepped, jumped);
        Assert.Contains("Move 0000:02:11.4 of 0000:02:00.0", jumped);
    }

    [Fact]
    public void Vfs_on_their_way_do_not_come_after_a_zero()
    {
        using var host = new Host(options: Late);
        host.SetNumVfs(2);
        host.Time.Advance(TimeSpan.FromMilliseconds(3));
        host.SetNumVfs(0);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(string.Empty, VfsOf(host));
        Assert.False(host.Kernel.Exists(Host.Vf0));
        Assert.False(host.Kernel.Exists("/sys/class/net/eth4"));
    }

    [Fact]
    public void Vfs_may_come_in_any_order_and_take_names_in_that_order()
    {
        using var host = new Host(options: Late with { ShuffleVfs = true, Seed = 3 });
        host.SetNumVfs(7);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        string names = string.Join(' ', Enumerable.Range(0, 7).Select(n => host.List($"{Host.Pf}/virtfn{n}/net")));
        Assert.NotEqual("eth4 eth5 eth6 eth7 eth8 eth9 eth10", names);
        Assert.Equal("0000:02:10.0", host.Follow($"{Host.Pf}/virtfn0"));
    }

    [Fact]
    public void Udev_renames_a_netdev_after_it_was_there_under_another_name()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { RenameNetdevs = true, RenameDelay = TimeSpan.FromMilliseconds(5) });
        host.SetNumVfs(1);
        int index = host["eth4"];
        host.Time.Advance(TimeSpan.FromMilliseconds(5));
        Assert.Equal("eth3v0", host.List($"{Host.Vf0}/net"));
        Assert.Equal(index, host["eth3v0"]);
        Assert.Equal("eth3v0", host.Kernel.GetLink(index).Value!.Name);
    }

    [Fact]
    public void Iavf_is_bound_before_its_netdev_is_there()
    {
        using var host = new Host("ice:1", SimulationOptions.Immediate with { NetdevDelay = TimeSpan.FromMilliseconds(3) });
        const string Pf = "/sys/bus/pci/devices/0000:01:00.0";
        Assert.Null(host.Write($"{Pf}/sriov_numvfs", "1"));
        host.Time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Equal("iavf ENOENT", $"{host.Follow($"{Pf}/virtfn0/driver")} {host.List($"{Pf}/virtfn0/net")}");
        host.Time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Equal("eth3", host.List($"{Pf}/virtfn0/net"));
    }

    [Fact]
    public void A_netdev_on_its_way_does_not_outlive_an_unbind()
    {
        using var host = new Host("ice:1", SimulationOptions.Immediate with { NetdevDelay = TimeSpan.FromMilliseconds(3) });
        const string Pf = "/sys/bus/pci/devices/0000:01:00.0";
        Assert.Null(host.Write($"{Pf}/sriov_numvfs", "1"));
        host.Time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Null(host.Write($"{Pf}/virtfn0/driver/unbind", host.Follow($"{Pf}/virtfn0")));
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(host.Kernel.Exists($"{Pf}/virtfn0/net"));
    }

    private static string VfsOf(Host host) =>
        string.Join(' ', host.Kernel.List(Host.Pf).Value!.Where(name => name.StartsWith("virtfn", StringComparison.Ordinal)));
}
