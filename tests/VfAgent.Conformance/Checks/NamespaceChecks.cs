using VfAgent.Core.Kernel;

namespace VfAgent.Conformance.Checks;

/// <summary>Links through their network namespace: here the host's own (net/core/rtnetlink.c, net/core/dev.c, igbvf).</summary>
internal static class NamespaceChecks
{
    private const string Mac = "02:00:00:00:00:aa";
    private const string Other = "02:00:00:00:00:bb";

    public static IReadOnlyList<Check> All { get; } =
    [
        new(Links_name_the_device_that_they_are_of, Vfs: 2),
        new(A_name_has_to_be_one_and_to_be_free, Vfs: 2),
        new(A_mac_has_to_be_one_interfaces, Vfs: 1),
        new(A_mac_of_the_administrators_stays_the_pfs_whatever_the_vf_says, Vfs: 1),
        new(What_is_no_namespace_is_not_entered),
    ];

    private static Task Links_name_the_device_that_they_are_of(KernelUnderTest host)
    {
        using INetworkNamespace home = Home(host);
        Dictionary<int, Link> links = home.GetLinks().Value!.ToDictionary(link => link.Index);
        Expect.Equal(Igb.PfAddress, links[host.IndexOf(Igb.Pf)].ParentDevice);
        foreach (int vf in new[] { 0, 1 })
        {
            Link link = links[host.IndexOf(Igb.Vf(vf))];
            Expect.Equal((Path.GetFileName(Igb.Vf(vf)), host.NetdevOf(Igb.Vf(vf))), (link.ParentDevice, link.Name));
        }

        return Task.CompletedTask;
    }

    private static Task A_name_has_to_be_one_and_to_be_free(KernelUnderTest host)
    {
        using INetworkNamespace home = Home(host);
        int vf = host.IndexOf(Igb.Vf(0));
        foreach ((string name, string answer) in new[] { ("data0", "ok"), ("data0", "ok"), (host.NetdevOf(Igb.Vf(1)), "EEXIST"), ("a/b", "EINVAL") })
            Expect.Equal(answer, host.Answer(_ => home.SetLinkName(vf, name)), name);

        // None of these is one that it has besides.
        foreach ((string name, string answer) in new[] { ("data0", "EINVAL"), (host.NetdevOf(Igb.Vf(1)), "EINVAL"), ("nobodys", "ENOENT") })
            Expect.Equal(answer, host.Answer(_ => home.RemoveAlternativeName(vf, name)), name);

        Expect.Equal("data0", host.NetdevOf(Igb.Vf(0)));
        return Task.CompletedTask;
    }

    private static Task A_mac_has_to_be_one_interfaces(KernelUnderTest host)
    {
        using INetworkNamespace home = Home(host);
        int vf = host.IndexOf(Igb.Vf(0));
        foreach ((string mac, string answer) in new[] { (Mac, "ok"), ("01:00:5e:00:00:01", "EADDRNOTAVAIL"), ("00:00:00:00:00:00", "EADDRNOTAVAIL") })
            Expect.Equal(answer, host.Answer(_ => home.SetLinkMac(vf, mac)), mac);

        Expect.Equal(Mac, host.Kernel.GetLink(vf).Value!.Mac);
        return Task.CompletedTask;
    }

    private static async Task A_mac_of_the_administrators_stays_the_pfs_whatever_the_vf_says(KernelUnderTest host)
    {
        await host.UpAsync();
        using INetworkNamespace home = Home(host);
        Expect.Equal("ok", host.Answer(kernel => kernel.SetVf(host.IndexOf(Igb.Pf), 0, new VfMac(Other))));
        Expect.Equal("ok", host.Answer(_ => home.SetLinkMac(host.IndexOf(Igb.Vf(0)), Mac)));
        Expect.Equal((Mac, Other), Macs(host));
    }

    private static Task What_is_no_namespace_is_not_entered(KernelUnderTest host)
    {
        Expect.Equal("ENOENT", host.Answer(kernel => kernel.OpenNamespace("/run/netns/nowhere"), _ => "entered"));
        Expect.Equal("ENOENT", host.Answer(kernel => kernel.GetInode("/run/netns/nowhere"), inode => $"{inode}"));
        return Task.CompletedTask;
    }

    private static INetworkNamespace Home(KernelUnderTest host) => host.Kernel.OpenNamespace(null).Value!;

    // What the VF's link says, and what its PF's driver holds.
    private static (string Link, string Held) Macs(KernelUnderTest host) =>
        (host.Kernel.GetLink(host.IndexOf(Igb.Vf(0))).Value!.Mac, host.Kernel.GetVfs(host.IndexOf(Igb.Pf)).Value![0].Mac);
}
