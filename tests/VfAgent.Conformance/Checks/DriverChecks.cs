using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>bind, unbind, drivers_probe, driver_override (drivers/base/bus.c, drivers/pci/pci-driver.c), and vfio-pci.</summary>
internal static class DriverChecks
{
    private const string Bind = $"{Igb.Drivers}/igbvf/bind";
    private const string Unbind = $"{Igb.Drivers}/igbvf/unbind";
    private const string VfioBind = $"{Igb.Drivers}/vfio-pci/bind";
    private const string VfioUnbind = $"{Igb.Drivers}/vfio-pci/unbind";

    public static IReadOnlyList<Check> All { get; } =
    [
        new(An_address_that_nobody_has_is_ENODEV),
        new(A_driver_override_is_read_back_until_a_newline_clears_it),
        new(A_module_is_loaded_under_either_spelling_or_not_there),
        new(A_device_that_is_bound_or_matches_nothing_is_not_bound, Vfs: 1),
        new(An_unbound_vf_keeps_its_folder_and_loses_its_netdev, Vfs: 1),
        new(A_vf_goes_to_vfio_pci_and_comes_back, Vfs: 1),
        new(An_override_gives_the_device_to_that_driver_and_no_other, Vfs: 1),
    ];

    private static Task A_device_that_is_bound_or_matches_nothing_is_not_bound(KernelUnderTest host)
    {
        string vf = Igb.VfAddress(0);
        foreach ((string file, string answer) in new[]
        {
            (Bind, "EBUSY"), ($"{Igb.Drivers}/igb/bind", "ENODEV"), (VfioBind, "ENODEV"),
            ($"{Igb.Drivers}/igb/unbind", "ENODEV"), (VfioUnbind, "ENODEV"), (Igb.DriversProbe, "ok"),
        })
        {
            Expect.Equal(answer, host.Write(file, $"{vf}\n"), file);
            Expect.Equal("igbvf", host.Follow($"{Igb.Vf(0)}/driver"));
        }

        return Task.CompletedTask;
    }

    private static Task An_address_that_nobody_has_is_ENODEV(KernelUnderTest host)
    {
        foreach (string text in new[]
        {
            "0000:02:10.5\n", "0000:02:10.0\n", "x", "02:00.0\n", " 0000:02:00.0\n", "0000:02:00.0 \n", "0000:02:00.0\n\n", "\n",
        })
        {
            foreach (string file in new[] { Igb.DriversProbe, $"{Igb.Drivers}/igb/bind", $"{Igb.Drivers}/igb/unbind" })
                Expect.Equal("ENODEV", host.Write(file, text), $"{file} {text}");
        }

        return Task.CompletedTask;
    }

    private static async Task An_unbound_vf_keeps_its_folder_and_loses_its_netdev(KernelUnderTest host)
    {
        string name = host.NetdevOf(Igb.Vf(0));
        int index = host.IndexOf(Igb.Vf(0));
        long inode = host.InodeOf(Igb.Vf(0));

        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver/unbind", Igb.VfAddress(0)));

        Expect.Equal("ENOENT", host.Follow($"{Igb.Vf(0)}/driver"));
        Expect.Equal("ENOENT", host.List($"{Igb.Vf(0)}/net"));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetLink(index), link => link.Name));
        Expect.True(!host.Kernel.Exists($"{Igb.Drivers}/igbvf/{Igb.VfAddress(0)}"));
        Expect.Equal(Igb.VfAddress(0), host.Follow($"{Igb.Pf}/virtfn0"));
        Expect.Equal(Igb.PfAddress, host.Follow($"{Igb.Vf(0)}/physfn"));
        Expect.Equal("1", host.Read(Igb.NumVfs));
        Expect.Equal("ENODEV", host.Write(Unbind, Igb.VfAddress(0)));
        Expect.Equal("ENOENT", host.Write($"{Igb.Vf(0)}/driver/unbind", Igb.VfAddress(0)));

        Expect.Equal("ok", host.Write(Bind, Igb.VfAddress(0)));
        Expect.Equal("EBUSY", host.Write(Bind, Igb.VfAddress(0)));
        await host.EventuallyAsync(() => host.NetdevOf(Igb.Vf(0)) == name);
        Expect.True(host.IndexOf(Igb.Vf(0)) > index);
        Expect.Equal(inode, host.InodeOf(Igb.Vf(0)));
        Expect.Equal(inode, host.InodeOf($"{Igb.Devices}/{Igb.VfAddress(0)}"));
    }

    private static Task A_driver_override_is_read_back_until_a_newline_clears_it(KernelUnderTest host)
    {
        string file = $"{Igb.Pf}/driver_override";
        foreach ((string text, string reading) in new[]
        {
            ("vfio-pci\n", "vfio-pci"), ("igb", "igb"), ("no such driver\n", "no such driver"), ("a\nb\n", "a"), ("\n", "(null)"),
            ("x\n", "x"), ("\nx\n", "(null)"),
        })
        {
            Expect.Equal("ok", host.Write(file, text), text);
            Expect.Equal(reading, host.Read(file), text);
        }

        Expect.Equal("EINVAL", host.Write(file, new string('x', 4095)));
        Expect.Equal("(null)", host.Read(file));
        return Task.CompletedTask;
    }

    private static Task An_override_gives_the_device_to_that_driver_and_no_other(KernelUnderTest host)
    {
        string driver = $"{Igb.Vf(0)}/driver", file = $"{Igb.Vf(0)}/driver_override", vf = Igb.VfAddress(0);
        Expect.Equal("ok", host.Write(Unbind, vf));

        Expect.Equal("ok", host.Write(file, "nosuchdriver\n"));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, vf));
        Expect.Equal("ENODEV", host.Write(Bind, vf));
        Expect.Equal("ENODEV", host.Write(VfioBind, vf));
        Expect.Equal("ENOENT", host.Follow(driver));

        // A driver that does not know the device is tried and refuses.
        Expect.Equal("ok", host.Write(file, "pcieport\n"));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, vf));
        Expect.Equal("ENODEV", host.Write(Bind, vf));
        Expect.Equal("ENODEV", host.Write($"{Igb.Drivers}/pcieport/bind", vf));
        Expect.Equal("ENOENT", host.Follow(driver));

        Expect.Equal("ok", host.Write(file, "vfio-pci\n"));
        Expect.Equal("ENODEV", host.Write(Bind, vf));
        Expect.Equal("ok", host.Write(VfioBind, vf));
        Expect.Equal("vfio-pci", host.Follow(driver));
        Expect.Equal("EBUSY", host.Write(VfioBind, vf));

        // What is bound stays so, whatever the override becomes.
        Expect.Equal("ok", host.Write(file, "\n"));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, vf));
        Expect.Equal("ENODEV", host.Write(VfioBind, vf));
        Expect.Equal("EBUSY", host.Write(Bind, vf));
        Expect.Equal("vfio-pci", host.Follow(driver));
        return Task.CompletedTask;
    }

    private static async Task A_vf_goes_to_vfio_pci_and_comes_back(KernelUnderTest host)
    {
        string vf = Igb.VfAddress(0), name = host.NetdevOf(Igb.Vf(0)), group = host.Follow($"{Igb.Vf(0)}/iommu_group");
        Expect.Equal("vfio", host.List("/dev/vfio"));

        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver_override", "vfio-pci\n"));
        Expect.Equal("igbvf", host.Follow($"{Igb.Vf(0)}/driver"));
        Expect.Equal("ok", host.Write(Unbind, vf));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, vf));

        Expect.Equal("vfio-pci", host.Follow($"{Igb.Vf(0)}/driver"));
        Expect.Equal(group, host.Follow($"{Igb.Vf(0)}/iommu_group"));
        Expect.Equal($"{group} vfio", host.List("/dev/vfio"));
        Expect.Equal("ENOENT", host.List($"{Igb.Vf(0)}/net"));
        Expect.Equal("0", host.Answer(kernel => kernel.OpenFiles("/dev/vfio"), files => $"{files.Count}"));
        Expect.Equal("ok", host.Write(Igb.NumVfs, "1\n"));
        Expect.Equal("ENODEV", host.Write(Unbind, vf));

        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver_override", "\n"));
        Expect.Equal("ok", host.Write(VfioUnbind, vf));
        Expect.Equal("ENOENT", host.Follow($"{Igb.Vf(0)}/driver"));
        await host.EventuallyAsync(() => host.List("/dev/vfio") == "vfio");
        Expect.Equal("ok", host.Write(Igb.DriversProbe, vf));
        Expect.Equal("igbvf", host.Follow($"{Igb.Vf(0)}/driver"));
        await host.EventuallyAsync(() => host.NetdevOf(Igb.Vf(0)) == name);
    }

    private static Task A_module_is_loaded_under_either_spelling_or_not_there(KernelUnderTest host)
    {
        foreach (string module in new[] { "vfio-pci", "vfio_pci", "igbvf" })
            Expect.Equal("ok", host.Answer(kernel => kernel.LoadModule(module)), module);

        Expect.Equal(Errno.ENOENT, host.Kernel.LoadModule("nosuchmodule")?.Errno);

        Expect.Equal("live live", $"{host.Read("/sys/module/vfio_pci/initstate")} {host.Read("/sys/module/igbvf/initstate")}");
        Expect.Equal("vfio_pci", host.Follow($"{Igb.Drivers}/vfio-pci/module"));
        return Task.CompletedTask;
    }
}
