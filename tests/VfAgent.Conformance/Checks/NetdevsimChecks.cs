using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>
/// What igb refuses, on the kernel's own simulated NIC (drivers/net/netdevsim), which is on no PCI bus: an embedded switch on devlink, and every attribute
/// that a VF can have. Only a real kernel has it; there is none in the simulated one.
/// </summary>
internal static class NetdevsimChecks
{
    private const string Bus = "/sys/bus/netdevsim";
    private const string Device = $"{Bus}/devices/netdevsim7";
    private const string Handle = "netdevsim/netdevsim7";

    public static IReadOnlyList<Check> All { get; } =
    [
        new(The_eswitch_mode_is_set_and_read_back) { Prepare = MakeAsync },
        new(A_mode_that_there_is_not_is_refused) { Prepare = MakeAsync },
        new(Each_vf_has_a_representor_while_the_kernel_forwards) { Prepare = MakeAsync },
        new(Every_attribute_of_a_vf_is_taken_and_read_back) { Prepare = MakeAsync },
        new(What_contradicts_itself_is_refused) { Prepare = MakeAsync },
        new(A_device_that_is_gone_has_no_eswitch) { Prepare = MakeAsync },
    ];

    // New for each check, with two VFs.
    private static async Task MakeAsync(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Answer(kernel => kernel.LoadModule("netdevsim")));
        if (host.Kernel.Exists(Device))
            Expect.Equal("ok", host.Write($"{Bus}/del_device", "7"));

        Expect.Equal("ok", host.Write($"{Bus}/new_device", "7 1"));
        await host.EventuallyAsync(() => host.NetdevOf(Device).Length > 0);
        Expect.Equal("ok", host.Write($"{Device}/sriov_numvfs", "2"));
    }

    private static string Mode(KernelUnderTest host, string handle = Handle) => host.Answer(kernel => kernel.GetEswitch(handle), mode => mode.Word());

    private static string Set(KernelUnderTest host, EswitchMode mode) => host.Answer(kernel => kernel.SetEswitch(Handle, mode));

    private static string Set(KernelUnderTest host, int vf, VfSetting setting) => host.Answer(kernel => kernel.SetVf(host.IndexOf(Device), vf, setting));

    private static VfAttributes Of(KernelUnderTest host, int vf) => host.Kernel.GetVfs(host.IndexOf(Device)).Value![vf];

    private static Task The_eswitch_mode_is_set_and_read_back(KernelUnderTest host)
    {
        Expect.Equal("legacy", Mode(host));
        Expect.Equal("ok", Set(host, EswitchMode.Switchdev));
        Expect.Equal("switchdev", Mode(host));
        Expect.Equal("ok", Set(host, EswitchMode.Switchdev));
        Expect.Equal("ok", Set(host, EswitchMode.Legacy));
        Expect.Equal("legacy", Mode(host));
        return Task.CompletedTask;
    }

    private static Task A_mode_that_there_is_not_is_refused(KernelUnderTest host)
    {
        Expect.Equal("ERANGE (integer out of range)", Set(host, (EswitchMode)7));
        Expect.Equal("legacy", Mode(host));
        return Task.CompletedTask;
    }

    private static async Task Each_vf_has_a_representor_while_the_kernel_forwards(KernelUnderTest host)
    {
        Expect.Equal("ok", Set(host, EswitchMode.Switchdev));
        await host.EventuallyAsync(() => Ports(host).SequenceEqual(["p1", "pf0vf0", "pf0vf1"]));
        // udev may be giving a representor its name just now: the one that was listed is then no longer there.
        await host.EventuallyAsync(() => SwitchIds(host) is [not "ENOENT"]);
        Expect.Equal("ok", Set(host, EswitchMode.Legacy));
        await host.EventuallyAsync(() => Ports(host).SequenceEqual(["p1"]));
    }

    private static Task Every_attribute_of_a_vf_is_taken_and_read_back(KernelUnderTest host)
    {
        VfSetting[] settings =
        [
            new VfMac("02:11:22:33:44:55"), new VfVlan(100, 3, VlanProtocol.Dot1Ad), new VfSpoofCheck(true), new VfTrust(true), new VfRate(100, 1000),
            new VfLink(VfLinkState.Enable),
        ];
        foreach (VfSetting setting in settings)
            Expect.Equal("ok", Set(host, 1, setting), $"{setting}");

        Expect.Equal(
            new VfAttributes(1, "02:11:22:33:44:55", 100, 3, VlanProtocol.Dot1Ad, SpoofCheck: true, Trust: true, VfLinkState.Enable, 100, 1000), Of(host, 1));
        Expect.Equal(new VfAttributes(0, Igb.NoMac, 0, 0, VlanProtocol.Dot1Q, SpoofCheck: false, Trust: false, VfLinkState.Auto, 0, 0), Of(host, 0));
        foreach (VfLinkState state in new[] { VfLinkState.Disable, VfLinkState.Auto })
        {
            Expect.Equal("ok", Set(host, 1, new VfLink(state)));
            Expect.Equal(state, Of(host, 1).LinkState);
        }

        return Task.CompletedTask;
    }

    private static Task What_contradicts_itself_is_refused(KernelUnderTest host)
    {
        Expect.Equal("EINVAL", Set(host, 0, new VfRate(200, 100)));
        Expect.Equal("EINVAL", Set(host, 2, new VfTrust(true)));
        return Task.CompletedTask;
    }

    private static Task A_device_that_is_gone_has_no_eswitch(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write($"{Bus}/del_device", "7"));
        Expect.Equal("ENODEV", Mode(host));
        Expect.Equal("ENODEV", Set(host, EswitchMode.Switchdev));
        return Task.CompletedTask;
    }

    private static IReadOnlyList<string> Netdevs(KernelUnderTest host) => host.Kernel.List($"{Device}/net").ValueOr([])!;

    private static IReadOnlyList<string> SwitchIds(KernelUnderTest host) =>
        [.. Netdevs(host).Select(netdev => host.Read($"{Device}/net/{netdev}/phys_switch_id")).Distinct()];

    private static IEnumerable<string> Ports(KernelUnderTest host) =>
        Netdevs(host).Select(netdev => host.Read($"{Device}/net/{netdev}/phys_port_name")).Order(StringComparer.Ordinal);
}
