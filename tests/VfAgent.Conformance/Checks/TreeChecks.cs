using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>What is in sysfs while there are VFs, and what is left when they are gone.</summary>
internal static class TreeChecks
{
    public static IReadOnlyList<Check> All { get; } =
    [
        new(Vfs_are_there_with_all_their_links_when_the_write_returns),
        new(The_seventh_vf_is_on_the_next_device_number),
        new(Without_autoprobe_vfs_have_no_driver_and_nothing_of_one),
        new(Nothing_of_a_vf_is_left_when_the_write_of_zero_returns, Vfs: 1),
        new(A_vf_made_again_has_another_index_another_inode_and_another_mac, Vfs: 1),
        new(A_vfs_files_are_a_pfs_without_sriov, Vfs: 1),
    ];

    private static async Task Vfs_are_there_with_all_their_links_when_the_write_returns(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write(Igb.NumVfs, "2\n"));

        Expect.Lines(["virtfn0", "virtfn1"], host.Kernel.List(Igb.Pf).Value!.Where(name => name.StartsWith("virtfn", StringComparison.Ordinal)));
        List<string> groups = [host.Follow($"{Igb.Pf}/iommu_group")];
        for (int vf = 0; vf < 2; vf++)
        {
            Expect.Equal(Igb.VfAddress(vf), host.Follow($"{Igb.Pf}/virtfn{vf}"));
            Expect.Equal(Igb.PfAddress, host.Follow($"{Igb.Vf(vf)}/physfn"));
            Expect.Equal("igbvf", host.Follow($"{Igb.Vf(vf)}/driver"));
            Expect.Equal(Igb.VfAddress(vf), host.Follow($"{Igb.Drivers}/igbvf/{Igb.VfAddress(vf)}"));
            Expect.Equal(Igb.VfAddress(vf), host.Follow($"{Igb.Devices}/{Igb.VfAddress(vf)}"));
            Expect.True(host.NetdevOf(Igb.Vf(vf)).Length > 0);
            string group = host.Follow($"{Igb.Vf(vf)}/iommu_group");
            Expect.Equal(Igb.VfAddress(vf), host.List($"/sys/kernel/iommu_groups/{group}/devices"));
            groups.Add(group);
        }

        Expect.Equal(3, groups.Distinct().Count(), $"groups {string.Join(' ', groups)}");
        await host.SettledAsync(Igb.Vf(1));
        string name = host.NetdevOf(Igb.Vf(1));
        Expect.Equal(Igb.VfAddress(1), host.Follow($"/sys/class/net/{name}/device"));
        Expect.Equal(name, host.Kernel.GetLink(host.IndexOf(Igb.Vf(1))).Value?.Name);
    }

    private static Task The_seventh_vf_is_on_the_next_device_number(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write(Igb.Autoprobe, "0"));
        Expect.Equal("ok", host.Write(Igb.NumVfs, $"{Igb.TotalVfs}\n"));
        Expect.Lines(
            ["0000:02:10.0", "0000:02:10.2", "0000:02:10.4", "0000:02:10.6", "0000:02:11.0", "0000:02:11.2", "0000:02:11.4"],
            Enumerable.Range(0, Igb.TotalVfs).Select(vf => host.Follow($"{Igb.Pf}/virtfn{vf}")));
        return Task.CompletedTask;
    }

    private static Task Nothing_of_a_vf_is_left_when_the_write_of_zero_returns(KernelUnderTest host)
    {
        string name = host.NetdevOf(Igb.Vf(0)), group = host.Follow($"{Igb.Vf(0)}/iommu_group");
        int index = host.IndexOf(Igb.Vf(0));

        Expect.Equal("ok", host.Write(Igb.NumVfs, "0\n"));

        foreach (string path in new[]
        {
            $"{Igb.Pf}/virtfn0", Igb.Vf(0), $"{Igb.Drivers}/igbvf/{Igb.VfAddress(0)}", $"/sys/class/net/{name}", $"/sys/kernel/iommu_groups/{group}",
        })
        {
            Expect.True(!host.Kernel.Exists(path), $"{path} is gone");
        }

        Expect.Equal("ENOENT", host.Read($"{Igb.Vf(0)}/vendor"));
        Expect.Equal("ENOENT", host.Write($"{Igb.Vf(0)}/driver_override", "vfio-pci\n"));
        Expect.Equal("ENODEV", host.Write($"{Igb.Drivers}/igbvf/unbind", Igb.VfAddress(0)));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetLink(index), link => link.Name));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetLinkMtu(index, 1400)));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetLinkUp(index, up: true)));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.GetVfs(index), vfs => $"{vfs.Count}"));
        Expect.Equal("ENODEV", host.Answer(kernel => kernel.SetVf(index, 0, new VfTrust(true))));
        return Task.CompletedTask;
    }

    private static async Task A_vf_made_again_has_another_index_another_inode_and_another_mac(KernelUnderTest host)
    {
        Link first = host.Kernel.GetLink(host.IndexOf(Igb.Vf(0))).Value!;
        string group = host.Follow($"{Igb.Vf(0)}/iommu_group");
        long inode = host.InodeOf(Igb.Vf(0));
        Expect.Equal("ok", host.Write(Igb.NumVfs, "0\n"));
        await host.MakeVfsAsync(1);
        Link second = host.Kernel.GetLink(host.IndexOf(Igb.Vf(0))).Value!;

        Expect.True(second.Index > first.Index);
        Expect.True(host.InodeOf(Igb.Vf(0)) != inode, $"{inode} is not that of the first");
        Expect.True(second.Mac != first.Mac, $"{second.Mac} is not {first.Mac}");
        Expect.Equal((first.Name, group), (second.Name, host.Follow($"{Igb.Vf(0)}/iommu_group")));

        // Made up by the driver: locally administered, not multicast.
        Expect.Equal(2, Convert.ToInt32(second.Mac[..2], 16) & 3, second.Mac);
        string net = $"{Igb.Vf(0)}/net/{second.Name}";
        Expect.Equal($"{second.Mac} 1", $"{host.Read($"{net}/address")} {host.Read($"{net}/addr_assign_type")}");
    }

    private static Task A_vfs_files_are_a_pfs_without_sriov(KernelUnderTest host)
    {
        Expect.Lines(
            ["0x8086", "0x10ca", "0x020000", "-1", "(null)"],
            new[] { "vendor", "device", "class", "numa_node", "driver_override" }.Select(name => host.Read($"{Igb.Vf(0)}/{name}")));
        Expect.Lines(
            ["ENOENT", "ENOENT", "ENOENT"],
            new[] { "totalvfs", "numvfs", "drivers_autoprobe" }.Select(name => host.Read($"{Igb.Vf(0)}/sriov_{name}")));
        Expect.Equal("ENOENT", host.Write($"{Igb.Vf(0)}/sriov_numvfs", "1\n"));
        return Task.CompletedTask;
    }

    private static Task Without_autoprobe_vfs_have_no_driver_and_nothing_of_one(KernelUnderTest host)
    {
        Expect.Equal("ok", host.Write(Igb.Autoprobe, "0"));
        Expect.Equal("ok", host.Write(Igb.NumVfs, "2\n"));
        Expect.Equal("ENOENT", host.Follow($"{Igb.Vf(0)}/driver"));
        Expect.Equal("ENOENT", host.List($"{Igb.Vf(0)}/net"));
        Expect.Equal(Igb.PfAddress, host.Follow($"{Igb.Vf(0)}/physfn"));
        Expect.True(host.Kernel.Exists($"{Igb.Vf(0)}/iommu_group"));

        // Neither probing nor binding gets past it, but an override does.
        Expect.Equal("ok", host.Write(Igb.DriversProbe, Igb.VfAddress(0)));
        Expect.Equal("ENODEV", host.Write($"{Igb.Drivers}/igbvf/bind", Igb.VfAddress(0)));
        Expect.Equal("ENODEV", host.Write($"{Igb.Drivers}/igbvf/unbind", Igb.VfAddress(0)));
        Expect.Equal("ENOENT", host.Follow($"{Igb.Vf(0)}/driver"));
        Expect.Equal("ok", host.Write($"{Igb.Vf(0)}/driver_override", "igbvf\n"));
        Expect.Equal("ok", host.Write(Igb.DriversProbe, Igb.VfAddress(0)));
        Expect.Equal("igbvf", host.Follow($"{Igb.Vf(0)}/driver"));

        // Nor do those that are there get a driver when it is set again.
        Expect.Equal("ok", host.Write(Igb.Autoprobe, "1"));
        Expect.Equal("ENOENT", host.Follow($"{Igb.Vf(1)}/driver"));
        Expect.Equal("ok", host.Write($"{Igb.Drivers}/igbvf/bind", Igb.VfAddress(1)));
        Expect.Equal("igbvf", host.Follow($"{Igb.Vf(1)}/driver"));
        return Task.CompletedTask;
    }
}
