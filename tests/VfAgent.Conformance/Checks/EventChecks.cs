namespace VfAgent.Conformance.Checks;

/// <summary>The order in which the kernel tells things, as far as it guarantees one.</summary>
internal static class EventChecks
{
    private static string Vf0 => Igb.VfAddress(0);

    private static string Vf1 => Igb.VfAddress(1);

    public static IReadOnlyList<Check> All { get; } =
    [
        new(Vfs_are_told_one_after_the_other_and_the_pf_last),
        new(Vfs_without_autoprobe_are_told_without_a_bind),
        new(Vfs_that_go_are_told_one_after_the_other, Vfs: 2),
        new(A_vf_that_changes_its_driver_tells_each_step, Vfs: 1),
        new(What_is_refused_is_not_told, Vfs: 1),
    ];

    private static async Task Vfs_are_told_one_after_the_other_and_the_pf_last(KernelUnderTest host)
    {
        using EventLog events = host.Watch();
        await host.MakeVfsAsync(2);
        await host.EventuallyAsync(() => events.Of(Igb.PfAddress).Count > 0);
        Expect.Lines(
            [
                $"Add {Vf0}", $"Change {Vf0}", $"Add {Vf0}", $"Bind {Vf0}", $"Add {Vf1}", $"Change {Vf1}", $"Add {Vf1}", $"Bind {Vf1}",
                $"Change {Igb.PfAddress}",
            ],
            events.All());
        Expect.Lines([Igb.PfAddress], events.ParentsOf(Vf0));
        Expect.Lines([], events.ParentsOf(Igb.PfAddress));
        Expect.True(events.Links(Vf0) > 0);
    }

    private static async Task Vfs_without_autoprobe_are_told_without_a_bind(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write(Igb.Autoprobe, "0\n"));
        using EventLog events = host.Watch();
        Expect.Equal("ok", host.Write(Igb.NumVfs, "2\n"));
        await host.EventuallyAsync(() => events.Of(Igb.PfAddress).Count > 0);
        Expect.Lines([$"Add {Vf0}", $"Change {Vf0}", $"Add {Vf1}", $"Change {Vf1}", $"Change {Igb.PfAddress}"], events.All());
    }

    private static async Task Vfs_that_go_are_told_one_after_the_other(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write($"{Igb.Vf(1)}/driver/unbind", Vf1));
        using EventLog events = host.Watch();
        Expect.Equal("ok", host.Write(Igb.NumVfs, "0\n"));
        await host.EventuallyAsync(() => events.Of(Vf1).Count > 0);
        Expect.Lines([$"Remove {Vf0}", $"Unbind {Vf0}", $"Remove {Vf0}", $"Remove {Vf1}"], events.All());
    }

    private static async Task A_vf_that_changes_its_driver_tells_each_step(KernelUnderTest host)
    {
        using EventLog events = host.Watch();
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver_override", "vfio-pci\n"));
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver/unbind", Vf0));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, Vf0));
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver_override", "\n"));
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver/unbind", Vf0));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, Vf0));
        await host.EventuallyAsync(() => events.Of(Vf0).Count(e => e == "Bind") == 2);

        // The netdev goes before its driver and comes before it; vfio-pci has a device of its own (vfio-dev) that does the same.
        Expect.Lines(["Remove", "Unbind", "Add", "Bind", "Remove", "Unbind", "Add", "Bind"], events.Of(Vf0));
        Expect.Lines([], events.Of(Igb.PfAddress));
    }

    private static async Task What_is_refused_is_not_told(KernelUnderTest host)
    {
        using EventLog events = host.Watch();
        host.Write(Igb.NumVfs, "2\n");
        host.Write(Igb.NumVfs, "1\n");
        host.Write(Igb.DriversProbe, Vf0);
        host.Write($"{Igb.Drivers}/igbvf/bind", Vf0);
        host.Write($"{Igb.Drivers}/vfio-pci/unbind", Vf0);
        host.Write($"{Igb.Vf(0)}/driver_override", "igbvf\n");

        // What is told next shows that nothing was before.
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver/unbind", Vf0));
        await host.EventuallyAsync(() => events.All() is [.., "Unbind 0000:02:10.0"]);
        Expect.Lines([$"Remove {Vf0}", $"Unbind {Vf0}"], events.All());
    }
}
