using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>Links over rtnetlink and /sys/class/net (net/core/dev.c, igb, igbvf).</summary>
internal static class LinkChecks
{
    private const string TooSmall = "EINVAL (mtu less than device minimum)";
    private const string TooLarge = "EINVAL (mtu greater than device maximum)";

    public static IReadOnlyList<Check> All { get; } =
    [
        new(Igb_has_no_embedded_switch_on_devlink),
        new(An_mtu_has_to_be_in_the_devices_range),
        new(An_mtu_that_is_changed_is_told_and_one_that_holds_is_not),
        new(A_vfs_mtu_does_not_ask_for_its_pfs),
        new(A_pf_that_is_set_up_gets_a_carrier_and_loses_it_when_set_down),
        new(A_pf_that_is_up_loses_its_carrier_for_a_while_when_vfs_come_and_go),
        new(An_index_that_nobody_has_is_ENODEV),
    ];

    private static Task An_mtu_has_to_be_in_the_devices_range(KernelUnderTest host)
    {
        int pf = host.IndexOf(Igb.Pf);
        string file = $"{Igb.Pf}/net/{host.NetdevOf(Igb.Pf)}/mtu";
        Link link = host.Kernel.GetLink(pf).Value!;
        Expect.Equal((68, 9216, 1500), (link.MinMtu, link.MaxMtu, link.Mtu));
        foreach ((int mtu, string answer) in new[]
        {
            (9000, "ok"), (9216, "ok"), (9217, TooLarge), (int.MaxValue, TooLarge), (67, TooSmall), (0, TooSmall), (68, "ok"), (1500, "ok"),
        })
        {
            int before = host.Kernel.GetLink(pf).Value!.Mtu;
            Expect.Equal(answer, host.Answer(kernel => kernel.SetLinkMtu(pf, mtu)), $"mtu {mtu}");
            Expect.Equal(answer == "ok" ? mtu : before, host.Kernel.GetLink(pf).Value!.Mtu, $"mtu {mtu}");
        }

        Expect.Equal("ok", host.Write(file, "4000\n"));
        foreach (string text in new[] { "10000\n", "67\n", "x\n", "\n", "-1\n" })
            Expect.Equal("EINVAL", host.Write(file, text), text);

        Expect.Equal("4000", host.Read(file));
        Expect.Equal("ok", host.Write(file, "0x5dc"));
        Expect.Equal("1500", host.Read(file));
        return Task.CompletedTask;
    }

    private static Task Igb_has_no_embedded_switch_on_devlink(KernelUnderTest host)
    {
        const string Handle = $"pci/{Igb.PfAddress}";
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetEswitch(Handle), mode => mode.Word()));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetEswitch(Handle, EswitchMode.Switchdev)));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetEswitch("pci/0000:7f:00.0"), mode => mode.Word()));
        return Task.CompletedTask;
    }

    private static async Task An_mtu_that_is_changed_is_told_and_one_that_holds_is_not(KernelUnderTest host)
    {
        int pf = host.IndexOf(Igb.Pf);
        using EventLog events = host.Watch();
        foreach (int mtu in new[] { 1500, 9000, 9000, 9217 })
            host.Answer(kernel => kernel.SetLinkMtu(pf, mtu));

        await host.EventuallyAsync(() => events.Links(Igb.PfAddress) == 1);
        host.Answer(kernel => kernel.SetLinkMtu(pf, 1500));
        await host.EventuallyAsync(() => events.Links(Igb.PfAddress) == 2);
        Expect.Lines([], events.All());
    }

    private static async Task A_vfs_mtu_does_not_ask_for_its_pfs(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Answer(kernel => kernel.SetLinkMtu(host.IndexOf(Igb.Pf), 9000)));
        await host.MakeVfsAsync(1);
        int vf = host.IndexOf(Igb.Vf(0));
        Expect.Equal("1500 68 9216", host.Answer(kernel => kernel.GetLink(vf), link => $"{link.Mtu} {link.MinMtu} {link.MaxMtu}"));

        Expect.Equal("ok", host.Answer(kernel => kernel.SetLinkMtu(host.IndexOf(Igb.Pf), 1500)));
        foreach ((int mtu, string answer) in new[] { (9216, "ok"), (9217, TooLarge), (67, TooSmall), (68, "ok"), (9000, "ok") })
            Expect.Equal(answer, host.Answer(kernel => kernel.SetLinkMtu(vf, mtu)), $"mtu {mtu}");

        Expect.Equal("9000", host.Read($"{Igb.Vf(0)}/net/{host.NetdevOf(Igb.Vf(0))}/mtu"));
    }

    private static async Task A_pf_that_is_set_up_gets_a_carrier_and_loses_it_when_set_down(KernelUnderTest host)
    {
        int pf = host.IndexOf(Igb.Pf);
        string net = $"{Igb.Pf}/net/{host.NetdevOf(Igb.Pf)}";
        string State() => string.Join(' ', new[] { "operstate", "carrier", "speed", "duplex", "flags" }.Select(name => host.Read($"{net}/{name}")));
        Expect.Equal("False down", host.Answer(kernel => kernel.GetLink(pf), link => $"{link.Up} {link.OperState}"));
        await host.UpAsync();
        Expect.Equal("up 1 1000 full 0x1003", State());
        Expect.Equal("True up", host.Answer(kernel => kernel.GetLink(pf), link => $"{link.Up} {link.OperState}"));

        using EventLog events = host.Watch();
        Expect.Equal("ok", host.Answer(kernel => kernel.SetLinkUp(pf, up: true)));
        Expect.Equal("ok", host.Answer(kernel => kernel.SetLinkUp(pf, up: false)));
        await host.EventuallyAsync(() => events.Links(Igb.PfAddress) > 0);
        Expect.Equal("down EINVAL EINVAL EINVAL 0x1002", State());
        Expect.Equal("False down", host.Answer(kernel => kernel.GetLink(pf), link => $"{link.Up} {link.OperState}"));
        Expect.Lines([], events.All());
    }

    private static async Task A_pf_that_is_up_loses_its_carrier_for_a_while_when_vfs_come_and_go(KernelUnderTest host)
    {
        await host.UpAsync();
        Expect.Equal("ok", host.Write(Igb.Autoprobe, "0"));

        // VFs leave it fewer queues, and one that goes is a remove below it; which comes first is another on each kernel.
        foreach ((string count, string[] told) in new[] { ("1\n", new[] { "Change", "Remove" }), ("0\n", ["Add"]) })
        {
            using EventLog events = host.Watch();
            Expect.Equal("ok", host.Write(Igb.NumVfs, count));
            await host.EventuallyAsync(() => events.Links(Igb.PfAddress) >= 2);
            await host.CarrierAsync();
            Expect.Lines(told, events.Of(Igb.PfAddress).Order(StringComparer.Ordinal));
        }
    }

    private static Task An_index_that_nobody_has_is_ENODEV(KernelUnderTest host)
    {
        const int Nobody = 1_000_000;
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetLink(Nobody), link => link.Name));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetLinkMtu(Nobody, 1500)));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetLinkUp(Nobody, up: false)));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetVfs(Nobody), vfs => $"{vfs.Count}"));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetVf(Nobody, 0, new VfSpoofCheck(true))));
        return Task.CompletedTask;
    }
}
