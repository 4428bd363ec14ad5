using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>sriov_numvfs and sriov_drivers_autoprobe (drivers/pci/iov.c).</summary>
internal static class NumVfsChecks
{
    public static IReadOnlyList<Check> All { get; } =
    [
        new(Text_that_is_no_count_is_EINVAL),
        new(A_count_above_totalvfs_is_ERANGE),
        new(Zero_where_there_is_none_does_nothing),
        new(A_count_goes_to_another_only_over_zero),
        new(Autoprobe_takes_a_bool_and_nothing_else),
        new(A_pf_without_driver_has_nobody_to_make_vfs),
        new(Vfs_go_with_their_pfs_driver, Vfs: 1),
    ];

    private static Task Text_that_is_no_count_is_EINVAL(KernelUnderTest host)
    {
        foreach (string text in new[]
        {
            "-1\n", "abc\n", "\n", " 3\n", "3 \n", "3\n\n", "65536\n", "99999999999999999999\n", "0x\n", "08\n", "3 4\n", "++3\n", "3.0\n",
        })
            Expect.Equal("EINVAL", host.Write(Igb.NumVfs, text), text);

        Expect.Equal("0", host.Read(Igb.NumVfs));
        return Task.CompletedTask;
    }

    private static Task A_count_above_totalvfs_is_ERANGE(KernelUnderTest host)
    {
        foreach (string text in new[] { "8\n", "8", "010\n", "0x8\n", "0XfF\n", "65535\n" })
            Expect.Equal("ERANGE", host.Write(Igb.NumVfs, text), text);

        Expect.Equal("0", host.Read(Igb.NumVfs));
        return Task.CompletedTask;
    }

    private static Task Zero_where_there_is_none_does_nothing(KernelUnderTest host)
    {
        using EventLog events = host.Watch();
        foreach (string text in new[] { "0\n", "0", "00\n", "0x0\n", "+0\n" })
            Expect.Equal("ok", host.Write(Igb.NumVfs, text), text);

        Expect.Lines([], events.All());
        return Task.CompletedTask;
    }

    private static async Task A_count_goes_to_another_only_over_zero(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write(Igb.NumVfs, "0x2\n"));
        Expect.Equal("2", host.Read(Igb.NumVfs));
        await host.SettledAsync(Igb.Vf(1));

        using (EventLog events = host.Watch())
        {
            foreach ((string text, string answer) in new[]
            {
                ("4\n", "EBUSY"), ("1\n", "EBUSY"), ("7\n", "EBUSY"), ("8\n", "ERANGE"), ("-1\n", "EINVAL"), ("2\n", "ok"), ("+2\n", "ok"),
            })
            {
                Expect.Equal(answer, host.Write(Igb.NumVfs, text), text);
                Expect.Equal("2", host.Read(Igb.NumVfs));
            }

            Expect.Lines([], events.All());
        }

        Expect.Equal("ok", host.Write(Igb.NumVfs, "0\n"));
        Expect.Equal("0", host.Read(Igb.NumVfs));
        Expect.Equal("ok", host.Write(Igb.NumVfs, "+3"));
        Expect.Equal("3", host.Read(Igb.NumVfs));
    }

    private static Task Autoprobe_takes_a_bool_and_nothing_else(KernelUnderTest host)
    {
        foreach ((string text, string reading) in new[]
        {
            ("0\n", "0"), ("1", "1"), ("n\n", "0"), ("Y\n", "1"), ("off\n", "0"), ("on\n", "1"), ("0x1\n", "0"),
            ("10\n", "1"), ("no\n", "0"), ("yes\n", "1"),
        })
        {
            Expect.Equal("ok", host.Write(Igb.Autoprobe, text), text);
            Expect.Equal(reading, host.Read(Igb.Autoprobe), text);
        }

        foreach (string text in new[] { "2\n", "x\n", "\n", "-1\n", " 0\n", "ox\n", "o" })
            Expect.Equal("EINVAL", host.Write(Igb.Autoprobe, text), text);

        Expect.Equal("1", host.Read(Igb.Autoprobe));
        return Task.CompletedTask;
    }

    private static async Task A_pf_without_driver_has_nobody_to_make_vfs(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write($"{Igb.Drivers}/igb/unbind", Igb.PfAddress));
        Expect.Equal("ENOENT", host.Follow($"{Igb.Pf}/driver"));
        Expect.Equal("ENOENT", host.List($"{Igb.Pf}/net"));

        // igb keeps one of the capability's eight for the PF.
        Expect.Equal("8 0", $"{host.Read($"{Igb.Pf}/sriov_totalvfs")} {host.Read(Igb.NumVfs)}");
        foreach ((string text, string answer) in new[] { ("2\n", "ENOENT"), ("8\n", "ENOENT"), ("9\n", "ERANGE"), ("x\n", "EINVAL"), ("0\n", "ok") })
            Expect.Equal(answer, host.Write(Igb.NumVfs, text), text);

        Expect.Equal("ok", host.Write(Igb.DriversProbe, Igb.PfAddress));
        Expect.Equal("igb", host.Follow($"{Igb.Pf}/driver"));
        await host.EventuallyAsync(() => host.NetdevOf(Igb.Pf) == "eth3");
        Expect.Equal("7 0", $"{host.Read($"{Igb.Pf}/sriov_totalvfs")} {host.Read(Igb.NumVfs)}");
    }

    private static async Task Vfs_go_with_their_pfs_driver(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write(Igb.Autoprobe, "0"));
        using EventLog events = host.Watch();

        Expect.Equal("ok", host.Write($"{Igb.Drivers}/igb/unbind", $"{Igb.PfAddress}\n"));

        Expect.Equal("0", host.Read(Igb.NumVfs));
        Expect.True(!host.Kernel.Exists(Igb.Vf(0)));
        Expect.Equal("0", host.Read(Igb.Autoprobe));
        await host.EventuallyAsync(() => events.Of(Igb.PfAddress) is [.., "Unbind"]);
        Expect.Lines(["Remove", "Unbind", "Remove"], events.Of(Igb.VfAddress(0)));

        Expect.Equal("ok", host.Write($"{Igb.Drivers}/igb/bind", $"{Igb.PfAddress}\n"));
        await host.EventuallyAsync(() => host.NetdevOf(Igb.Pf) == "eth3");
        Expect.Equal("0", host.Read(Igb.NumVfs));
    }
}
