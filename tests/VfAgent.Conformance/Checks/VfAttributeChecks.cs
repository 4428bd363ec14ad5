using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>A VF's attributes, as its PF's driver holds them (igb_main.c, do_setvfinfo of net/core/rtnetlink.c).</summary>
internal static class VfAttributeChecks
{
    private const string Mac = "02:11:22:33:44:55";
    private const string OtherMac = "02:11:22:33:44:66";

    public static IReadOnlyList<Check> All { get; } =
    [
        new(Only_a_pf_has_vfs_to_set, Vfs: 1),
        new(Attributes_are_lost_with_the_vfs, Vfs: 1),
        new(Attributes_stay_while_the_vf_changes_its_driver, Vfs: 1),
        new(A_rate_is_limited_by_the_speed_of_the_pfs_link, Vfs: 1),
        new(A_vfs_mac_reaches_it_when_it_is_bound_while_its_pf_is_up, Vfs: 1),
        new(A_pf_that_is_up_tells_that_a_vf_was_set, Vfs: 1),
        new(Without_vfs_there_is_nothing_to_set),
        new(Attributes_of_a_vf_whose_pf_is_down_are_taken_or_refused_one_by_one, Vfs: 2),
    ];

    private static VfAttributes Of(KernelUnderTest host, int vf) => host.Kernel.GetVfs(host.IndexOf(Igb.Pf)).Value![vf];

    private static string Set(KernelUnderTest host, int vf, VfSetting setting) =>
        host.Answer(kernel => kernel.SetVf(host.IndexOf(Igb.Pf), vf, setting));

    private static Task Attributes_of_a_vf_whose_pf_is_down_are_taken_or_refused_one_by_one(KernelUnderTest host)
    {
        Expect.Equal(Igb.Untouched(0), Of(host, 0));
        Expect.Equal(Igb.Untouched(1), Of(host, 1));
        (VfSetting, string, Func<VfAttributes, VfAttributes>)[] cases =
        [
            (new VfMac(Mac), "ok", vf => vf with { Mac = Mac }),
            (new VfMac("01:11:22:33:44:55"), "EINVAL", vf => vf),
            (new VfMac("ff:ff:ff:ff:ff:ff"), "EINVAL", vf => vf),
            (new VfMac("02:AA:22:33:44:66"), "ok", vf => vf with { Mac = "02:aa:22:33:44:66" }),
            (new VfMac(Igb.NoMac), "ok", vf => vf with { Mac = Igb.NoMac }),
            (new VfVlan(100), "ok", vf => vf with { Vlan = 100 }),
            (new VfVlan(200, 3), "ok", vf => vf with { Vlan = 200, Qos = 3 }),
            (new VfVlan(100, 0, VlanProtocol.Dot1Ad), "EPROTONOSUPPORT", vf => vf),
            (new VfVlan(100, 8, VlanProtocol.Dot1Ad), "EINVAL", vf => vf),
            (new VfVlan(4095, 7), "ok", vf => vf with { Vlan = 4095, Qos = 7 }),
            (new VfVlan(4096), "EINVAL", vf => vf),
            (new VfVlan(100, 8), "EINVAL", vf => vf),
            (new VfVlan(0, 5), "ok", vf => vf with { Vlan = 0, Qos = 5 }),
            (new VfVlan(0), "ok", vf => vf with { Vlan = 0, Qos = 0 }),
            (new VfSpoofCheck(false), "ok", vf => vf with { SpoofCheck = false }),
            (new VfSpoofCheck(true), "ok", vf => vf with { SpoofCheck = true }),
            (new VfTrust(true), "ok", vf => vf with { Trust = true }),
            (new VfTrust(true), "ok", vf => vf),
            (new VfTrust(false), "ok", vf => vf with { Trust = false }),
            (new VfRate(0, 100), "EINVAL", vf => vf),
            (new VfRate(50, 0), "EINVAL", vf => vf),
            (new VfLink(VfLinkState.Enable), "EOPNOTSUPP", vf => vf),
            (new VfLink(VfLinkState.Disable), "EOPNOTSUPP", vf => vf),
            (new VfLink(VfLinkState.Auto), "EOPNOTSUPP", vf => vf),
        ];
        foreach ((VfSetting setting, string answer, Func<VfAttributes, VfAttributes> change) in cases)
        {
            VfAttributes before = Of(host, 0);
            Expect.Equal(answer, Set(host, 0, setting), $"{setting}");
            Expect.Equal(change(before), Of(host, 0), $"{setting}");
        }

        Expect.Equal(Igb.Untouched(1), Of(host, 1));
        NoSuchVf(host, 2, "EINVAL");
        NoSuchVf(host, 7, "EINVAL");
        NoSuchVf(host, 1_000_000, "EINVAL");
        return Task.CompletedTask;
    }

    private static Task Without_vfs_there_is_nothing_to_set(KernelUnderTest host)
    {
        Expect.Equal("0", host.Answer(kernel => kernel.GetVfs(host.IndexOf(Igb.Pf)), vfs => $"{vfs.Count}"));
        NoSuchVf(host, 0, "EOPNOTSUPP");
        return Task.CompletedTask;
    }

    private static Task Only_a_pf_has_vfs_to_set(KernelUnderTest host)
    {
        int loopback = int.Parse(host.Read("/sys/class/net/lo/ifindex"));
        foreach (int index in new[] { loopback, host.IndexOf(Igb.Vf(0)) })
        {
            Expect.Equal("0", host.Answer(kernel => kernel.GetVfs(index), vfs => $"{vfs.Count}"));
            foreach (VfSetting setting in Settings())
                Expect.Equal("EOPNOTSUPP", host.Answer(kernel => kernel.SetVf(index, 0, setting)), $"{setting}");
        }
        return Task.CompletedTask;
    }

    private static async Task Attributes_are_lost_with_the_vfs(KernelUnderTest host)
    {
        foreach (VfSetting setting in new VfSetting[] { new VfMac(Mac), new VfVlan(100, 3), new VfSpoofCheck(false), new VfTrust(true) })
            Expect.Equal("ok", Set(host, 0, setting), $"{setting}");

        Expect.Equal(Igb.Untouched(0) with { Mac = Mac, Vlan = 100, Qos = 3, SpoofCheck = false, Trust = true }, Of(host, 0));
        Expect.Equal("ok", host.Write(Igb.NumVfs, "0\n"));
        Expect.Equal("0", host.Answer(kernel => kernel.GetVfs(host.IndexOf(Igb.Pf)), vfs => $"{vfs.Count}"));
        await host.MakeVfsAsync(1);
        Expect.Equal(Igb.Untouched(0), Of(host, 0));
    }

    private static Task Attributes_stay_while_the_vf_changes_its_driver(KernelUnderTest host)
    {
        VfAttributes expected = Igb.Untouched(0) with { Mac = Mac, Vlan = 100, Trust = true };
        foreach (VfSetting setting in new VfSetting[] { new VfMac(Mac), new VfVlan(100), new VfTrust(true) })
            Expect.Equal("ok", Set(host, 0, setting), $"{setting}");

        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver_override", "vfio-pci\n"));
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver/unbind", Igb.VfAddress(0)));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, Igb.VfAddress(0)));
        Expect.Equal(expected, Of(host, 0));
        Expect.Equal("ok", Set(host, 0, new VfVlan(200)));
        Expect.Equal(expected with { Vlan = 200 }, Of(host, 0));
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver/unbind", Igb.VfAddress(0)));
        Expect.Equal(expected with { Vlan = 200 }, Of(host, 0));
        return Task.CompletedTask;
    }

    private static async Task A_rate_is_limited_by_the_speed_of_the_pfs_link(KernelUnderTest host)
    {
        await host.UpAsync();
        foreach ((int max, string answer) in new[] { (100, "ok"), (1000, "ok"), (1001, "EINVAL"), (0, "ok"), (10, "ok") })
        {
            int before = Of(host, 0).MaxTxRate;
            Expect.Equal(answer, Set(host, 0, new VfRate(0, max)), $"max_tx_rate {max}");
            Expect.Equal(Igb.Untouched(0) with { MaxTxRate = answer == "ok" ? max : before }, Of(host, 0), $"max_tx_rate {max}");
        }

        Expect.Equal("EINVAL", Set(host, 0, new VfRate(5, 10)));
        Expect.Equal("EINVAL", Set(host, 1, new VfRate(0, 10)));

        // Without a link it has no speed, and even no limit is refused.
        Expect.Equal("ok", host.Answer(kernel => kernel.SetLinkUp(host.IndexOf(Igb.Pf), up: false)));
        Expect.Equal("EINVAL", Set(host, 0, new VfRate(0, 5)));
        Expect.Equal("EINVAL", Set(host, 0, new VfRate(0, 0)));
        Expect.Equal(Igb.Untouched(0) with { MaxTxRate = 10 }, Of(host, 0));
    }

    private static async Task A_vfs_mac_reaches_it_when_it_is_bound_while_its_pf_is_up(KernelUnderTest host)
    {
        string vf = Igb.VfAddress(0), folder = Igb.Vf(0);
        string MacOf() => host.Answer(kernel => kernel.GetLink(host.IndexOf(folder)), link => link.Mac);
        async Task BindAgainAsync()
        {
            Expect.Equal("ok", host.Write($"{folder}/driver/unbind", vf));
            Expect.Equal("ok", host.Write(Igb.DriversProbe, vf));
            await host.SettledAsync(folder);
        }

        // A PF that is down does not answer: the VF makes its own, and nobody learns of it.
        Expect.Equal("ok", Set(host, 0, new VfMac(Mac)));
        await BindAgainAsync();
        Expect.True(MacOf() != Mac);
        Expect.Equal(Mac, Of(host, 0).Mac);

        await host.UpAsync();
        await BindAgainAsync();
        Expect.Equal(Mac, MacOf());
        Expect.Equal("0", host.Read($"{folder}/net/{host.NetdevOf(folder)}/addr_assign_type"));

        // Another one, given while it is bound, waits for the next time.
        Expect.Equal("ok", Set(host, 0, new VfMac(OtherMac)));
        Expect.Equal(Mac, MacOf());
        await BindAgainAsync();
        Expect.Equal(OtherMac, MacOf());

        // With none given, the VF makes its own and the PF shows it.
        Expect.Equal("ok", Set(host, 0, new VfMac(Igb.NoMac)));
        await BindAgainAsync();
        Expect.True(MacOf() != OtherMac);
        await host.EventuallyAsync(() => Of(host, 0).Mac == MacOf());
    }

    private static async Task A_pf_that_is_up_tells_that_a_vf_was_set(KernelUnderTest host)
    {
        using (EventLog events = host.Watch())
        {
            Set(host, 0, new VfTrust(true));

            await TellAsync(host, events);
            Expect.Equal(0, events.Links(Igb.PfAddress));
        }

        await host.UpAsync();
        foreach ((VfSetting setting, int expected) in new (VfSetting, int)[]
        {
            (new VfMac(Mac), 1), (new VfVlan(100), 1), (new VfSpoofCheck(false), 1), (new VfTrust(true), 1), (new VfTrust(true), 1),
            (new VfRate(0, 100), 1), (new VfVlan(100, 8), 0), (new VfLink(VfLinkState.Auto), 0),
        })
        {
            using EventLog events = host.Watch();
            Set(host, 0, setting);
            await TellAsync(host, events);
            Expect.Equal(expected, events.Links(Igb.PfAddress), $"links told of {setting}");
            Expect.Lines([], events.All(), $"uevents of {setting}");
        }
    }

    // Says something about another link: once it is heard, nothing that came before is still on its way.
    private static async Task TellAsync(KernelUnderTest host, EventLog events)
    {
        int loopback = int.Parse(host.Read("/sys/class/net/lo/ifindex"));
        foreach (int mtu in new[] { 65535, 65536 })
            Expect.Equal("ok", host.Answer(kernel => kernel.SetLinkMtu(loopback, mtu)));

        await host.EventuallyAsync(() => events.Links(null) >= 2);
    }

    // Spoof check asks first whether there are any at all.
    private static void NoSuchVf(KernelUnderTest host, int vf, string spoofCheck)
    {
        foreach (VfSetting setting in Settings())
        {
            string answer = setting switch { VfLink => "EOPNOTSUPP", VfSpoofCheck => spoofCheck, _ => "EINVAL" };
            Expect.Equal(answer, Set(host, vf, setting), $"vf {vf} {setting}");
        }
    }

    private static VfSetting[] Settings() =>
        [new VfMac(Mac), new VfVlan(5), new VfSpoofCheck(true), new VfTrust(true), new VfRate(0, 0), new VfLink(VfLinkState.Auto)];
}
