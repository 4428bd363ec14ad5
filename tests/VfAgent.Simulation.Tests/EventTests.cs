using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>Sequences as recorded from an igb, a netdev's queues together with it and without wakeup sources; Link is what `ip monitor link` shows.</summary>
public sealed class EventTests
{
    private const string Pf = "0000:02:00.0";
    private const string Vf0 = "0000:02:10.0";
    private const string Vf1 = "0000:02:10.2";

    [Fact]
    public void Two_vfs_appear_in_the_recorded_order()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { RenameNetdevs = true, RenameDelay = TimeSpan.FromMilliseconds(5) });
        List<string> events = Uevents(host);
        host.SetNumVfs(2);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            [
                $"Add {Vf0}", $"Change {Vf0} of {Pf}", $"Add {Vf0} of {Pf}", $"Bind {Vf0} of {Pf}",
                $"Add {Vf1}", $"Change {Vf1} of {Pf}", $"Add {Vf1} of {Pf}", $"Bind {Vf1} of {Pf}",
                $"Change {Pf}", $"Move {Vf0} of {Pf}", $"Move {Vf1} of {Pf}",
            ],
            events);
    }

    [Fact]
    public void While_the_module_loads_all_vfs_come_before_any_netdev()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { NetdevDelay = TimeSpan.FromMilliseconds(3) });
        List<string> events = Uevents(host);
        host.SetNumVfs(2);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            [
                $"Add {Vf0}", $"Change {Vf0} of {Pf}", $"Add {Vf1}", $"Change {Vf1} of {Pf}", $"Change {Pf}",
                $"Add {Vf0} of {Pf}", $"Bind {Vf0} of {Pf}", $"Add {Vf1} of {Pf}", $"Bind {Vf1} of {Pf}",
            ],
            events);
    }

    [Fact]
    public void Two_vfs_go_in_the_recorded_order_and_the_pf_says_nothing()
    {
        using var host = new Host();
        host.SetNumVfs(2);
        List<string> events = Uevents(host);
        host.SetNumVfs(0);
        Assert.Equal([$"Remove {Vf0}", $"Unbind {Vf0}", $"Remove {Vf0}", $"Remove {Vf1}", $"Unbind {Vf1}", $"Remove {Vf1}"], events);
    }

    [Fact]
    public void Without_autoprobe_nothing_is_bound()
    {
        using var host = new Host();
        Assert.Null(host.Write($"{Host.Pf}/sriov_drivers_autoprobe", "0"));
        List<string> events = Uevents(host);
        host.SetNumVfs(2);
        Assert.Equal([$"Add {Vf0}", $"Change {Vf0} of {Pf}", $"Add {Vf1}", $"Change {Vf1} of {Pf}", $"Change {Pf}"], events);
    }

    [Fact]
    public void A_vf_goes_to_vfio_and_back_in_the_recorded_order()
    {
        using var host = new Host();
        host.SetNumVfs(1);
        List<string> events = Uevents(host);
        host.ToVfio(Host.Vf0Address);
        Assert.Null(host.Write($"{Host.Vf0}/driver_override", "\n"));
        Assert.Null(host.Write($"{Host.Vf0}/driver/unbind", Vf0));
        Assert.Null(host.Write(Host.DriversProbe, Vf0));
        Assert.Equal(
            [
                $"Remove {Vf0} of {Pf}", $"Unbind {Vf0} of {Pf}", $"Add {Vf0} of {Pf}", $"Bind {Vf0} of {Pf}",
                $"Remove {Vf0} of {Pf}", $"Unbind {Vf0} of {Pf}", $"Add {Vf0} of {Pf}", $"Bind {Vf0} of {Pf}",
            ],
            events);
    }

    [Fact]
    public void Mtu_up_and_a_refused_count_raise_no_uevent_but_links_say_so()
    {
        using var host = new Host(options: SimulationOptions.Immediate with { CarrierDelay = TimeSpan.FromSeconds(1.5) });
        host.SetNumVfs(2);
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: false));
        List<string> events = host.Events();
        Assert.Null(host.Kernel.SetLinkMtu(host["eth3"], 9000));
        Assert.Null(host.Kernel.SetLinkMtu(host["eth3"], 9000));
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Errno.EBUSY, host.Write($"{Host.Pf}/sriov_numvfs", "4"));
        Assert.Equal([$"Link {Pf}", $"Link {Pf}", $"Link {Pf}"], events);
    }

    [Fact]
    public void A_new_vf_and_the_pfs_lost_carrier_show_in_ip_monitor_link()
    {
        using var host = new Host(options: SimulationOptions.Immediate with
        {
            CarrierDelay = TimeSpan.FromSeconds(1.5),
            RenameNetdevs = true,
            RenameDelay = TimeSpan.FromMilliseconds(5),
        });
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        host.Time.Advance(TimeSpan.FromSeconds(2));
        List<string> events = host.Events();
        host.SetNumVfs(1);
        host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(
            [$"Link {Vf0} of {Pf}", $"Link {Pf}", $"Link {Vf0} of {Pf}", $"Link {Pf}"],
            events.Where(e => e.StartsWith("Link", StringComparison.Ordinal)));
    }

    [Fact]
    public void Watchers_hear_until_they_are_disposed_or_the_process_dies()
    {
        using var host = new Host();
        int heard = 0;
        using (host.Kernel.Watch(_ => heard++))
            host.Kernel.LoseEvents();

        host.Kernel.LoseEvents();
        Assert.Equal(1, heard);

        List<string> old = host.Events();
        host.World.Restart();
        host.Kernel.LoseEvents();
        Assert.Empty(old);
    }

    private static List<string> Uevents(Host host)
    {
        var events = new List<string>();
        host.Kernel.Watch(e =>
        {
            if (e.Kind != KernelEventKind.Link)
                events.Add($"{e.Kind} {e.Device}{(e.Parent is { } parent ? $" of {parent}" : string.Empty)}");
        });
        return events;
    }
}
