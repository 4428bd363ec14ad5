using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>Attributes as files: who may read and write them, and what they say of an igb.</summary>
internal static class FileChecks
{
    public static IReadOnlyList<Check> All { get; } =
    [
        new(The_sriov_files_say_what_the_capability_says),
        new(What_is_only_to_be_read_is_EACCES_when_opened_to_write),
        new(What_is_only_to_be_written_is_EACCES_when_opened_to_read),
        new(A_write_of_nothing_is_EINVAL),
        new(A_wrong_kind_of_path_says_so),
        new(A_link_that_is_down_refuses_to_say_what_it_cannot_know),
    ];

    private static Task The_sriov_files_say_what_the_capability_says(KernelUnderTest host)
    {
        Expect.Lines(
            ["7", "0", "1", "128", "2", "10ca"],
            new[] { "totalvfs", "numvfs", "drivers_autoprobe", "offset", "stride", "vf_device" }.Select(name => host.Read($"{Igb.Pf}/sriov_{name}")));
        Expect.Lines(
            ["0x8086", "0x10c9", "0x020000", "-1", "(null)", "igb", "pci"],
            [
                .. new[] { "vendor", "device", "class", "numa_node", "driver_override" }.Select(name => host.Read($"{Igb.Pf}/{name}")),
                host.Follow($"{Igb.Pf}/driver"), host.Follow($"{Igb.Pf}/subsystem"),
            ]);
        Expect.Equal("ENOENT", host.Follow($"{Igb.Pf}/physfn"));
        return Task.CompletedTask;
    }

    private static Task What_is_only_to_be_read_is_EACCES_when_opened_to_write(KernelUnderTest host)
    {
        string net = $"{Igb.Pf}/net/{host.NetdevOf(Igb.Pf)}";
        foreach (string file in new[]
        {
            $"{Igb.Pf}/sriov_totalvfs", $"{Igb.Pf}/sriov_offset", $"{Igb.Pf}/sriov_stride", $"{Igb.Pf}/sriov_vf_device", $"{Igb.Pf}/vendor",
            $"{Igb.Pf}/device", $"{Igb.Pf}/class", $"{net}/address", $"{net}/operstate", $"{net}/speed", $"{net}/ifindex",
        })
        {
            Expect.Equal("EACCES", host.Write(file, "3\n"), file);
        }

        Expect.Equal("7", host.Read($"{Igb.Pf}/sriov_totalvfs"));
        return Task.CompletedTask;
    }

    private static Task What_is_only_to_be_written_is_EACCES_when_opened_to_read(KernelUnderTest host)
    {
        foreach (string file in new[] { Igb.DriversProbe, $"{Igb.Drivers}/igb/bind", $"{Igb.Drivers}/igb/unbind" })
            Expect.Equal("EACCES", host.Read(file), file);

        return Task.CompletedTask;
    }

    private static Task A_write_of_nothing_is_EINVAL(KernelUnderTest host)
    {
        foreach (string file in new[] { Igb.NumVfs, Igb.DriversProbe, $"{Igb.Pf}/driver_override" })
            Expect.Equal("EINVAL (nothing to write)", host.Write(file, ""), file);

        return Task.CompletedTask;
    }

    private static Task A_wrong_kind_of_path_says_so(KernelUnderTest host)
    {
        Expect.Equal("EISDIR", host.Read(Igb.Pf));
        Expect.Equal("EISDIR", host.Write(Igb.Pf, "1"));
        Expect.Equal("ENOTDIR", host.List(Igb.NumVfs));
        Expect.Equal("ENOTDIR", host.Read($"{Igb.NumVfs}/more"));
        Expect.Equal("EINVAL", host.Follow(Igb.NumVfs));
        Expect.Equal("ENOENT", host.Follow($"{Igb.Pf}/nothing"));
        Expect.Equal("ENOENT", host.Read($"{Igb.Pf}/nothing"));
        Expect.Equal("ENOENT", host.Write($"{Igb.Pf}/nothing", "1"));
        Expect.Equal("ENOENT", host.List($"{Igb.Devices}/0000:09:00.0"));
        Expect.Equal("ENOENT", host.Write($"{Igb.Drivers}/nothing/bind", "1"));
        Expect.True(!host.Kernel.Exists($"{Igb.Pf}/nothing"));
        return Task.CompletedTask;
    }

    private static Task A_link_that_is_down_refuses_to_say_what_it_cannot_know(KernelUnderTest host)
    {
        string net = $"{Igb.Pf}/net/{host.NetdevOf(Igb.Pf)}";
        Expect.Lines(
            ["down", "EINVAL", "EINVAL", "EINVAL"], new[] { "operstate", "carrier", "speed", "duplex" }.Select(name => host.Read($"{net}/{name}")));
        Expect.Lines(
            ["EOPNOTSUPP", "EOPNOTSUPP", "EOPNOTSUPP"],
            new[] { "phys_port_id", "phys_port_name", "phys_switch_id" }.Select(name => host.Read($"{net}/{name}")));
        return Task.CompletedTask;
    }
}
