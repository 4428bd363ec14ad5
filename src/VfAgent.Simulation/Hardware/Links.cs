using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Simulation.Hardware;

/// <summary>The network links: their names, their settings, where they are.</summary>
internal sealed partial class Links(SimulationOptions options, Random random, Agenda agenda, EventHub events)
{
    private readonly Dictionary<string, Netdev> _host = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Netdev> _byIndex = [];
    private int _lastIndex;

    /// <summary>The names in the host's network namespace.</summary>
    public IEnumerable<string> Names => _host.Keys;

    public Netdev? Find(string name) => _host.GetValueOrDefault(name);

    /// <summary>In the order of their indexes; every namespace has a loopback link of its own.</summary>
    /// <param name="container">null for the host.</param>
    public IEnumerable<Netdev> In(string? container) => _byIndex.Values
        .Where(netdev => netdev.Container == container)
        .Concat(container is null ? [] : [Loopback(1)])
        .OrderBy(netdev => netdev.Index);

    public static Netdev Loopback(int index) => new()
    {
        Device = null,
        Home = "/sys/devices/virtual",
        Index = index,
        Name = "lo",
        Mac = "00:00:00:00:00:00",
        Mtu = 65536,
        MinMtu = 0,
    };

    /// <summary>null for a link in a container: its index means nothing here.</summary>
    public Netdev? Find(int index) => _byIndex.GetValueOrDefault(index) is { Container: null } netdev ? netdev : null;

    public int NextIndex() => ++_lastIndex;

    public void AddQuietly(Netdev netdev)
    {
        _byIndex.Add(netdev.Index, netdev);
        _host.Add(netdev.Name, netdev);
        if (netdev is { Device: { } device, Represents: null })
            device.Netdev = netdev;
    }

    /// <summary>A NIC driver registers its netdev.</summary>
    public void Create(PciDevice device)
    {
        string? name = device.NetdevName is { } own && !_host.ContainsKey(own) ? own : null;
        string mac = MacOf(device);
        var netdev = new Netdev
        {
            Device = device,
            Home = device.Home,
            Index = NextIndex(),
            Name = name ?? LowestFreeName(),
            Mac = mac,
            MacIsRandom = mac != device.NetdevMac && mac != VfSettings.Of(device)?.AdministrativeMac,
            MinMtu = device.Nic!.MinMtu,
            MaxMtu = device.Nic.MaxMtu,
        };
        AddQuietly(netdev);
        events.Emit(KernelEventKind.Add, device);
        events.Emit(KernelEventKind.Link, device);
        if (options.RenameNetdevs && device.PhysFn?.NetdevName is { } pfName)
            agenda.After(options.RenameDelay, () => Rename(netdev, $"{pfName}v{device.VfIndex}"));
    }

    /// <summary>What stands for a VF in its PF's switch.</summary>
    public Netdev CreateRepresentor(PciDevice pf, int vf)
    {
        var netdev = new Netdev
        {
            Device = pf,
            Home = pf.Home,
            Index = NextIndex(),
            Represents = vf,
            Name = LowestFreeName(),
            Mac = RandomMac(),
            MacIsRandom = true,
            MinMtu = pf.Nic!.MinMtu,
            MaxMtu = pf.Nic.MaxMtu,
        };
        AddQuietly(netdev);
        events.Emit(KernelEventKind.Add, pf);
        events.Emit(KernelEventKind.Link, pf);
        return netdev;
    }

    public void Destroy(PciDevice device)
    {
        if (device.Netdev is not { } netdev)
            return;

        device.Netdev = null;
        Remove(netdev);
    }

    public void Remove(Netdev netdev)
    {
        _byIndex.Remove(netdev.Index);

        // A link in a container says so there.
        if (netdev.Container is null)
        {
            _host.Remove(netdev.Name);
            events.Emit(KernelEventKind.Remove, netdev.Device);
        }
        else
        {
            Leave(netdev);
        }
    }

    /// <summary>eth_mac_addr; the PF is told, and holds it unless the administrator has given the VF another.</summary>
    public Errno? SetMac(Netdev netdev, string mac)
    {
        if (!MacAddress.IsUnicast(mac))
            return Errno.EADDRNOTAVAIL;

        netdev.Mac = mac.ToLowerInvariant();
        if (netdev.Device is { } device && VfSettings.Of(device) is { AdministrativeMac: null } settings)
            settings.Tell(netdev.Mac);

        Tell(netdev);
        return null;
    }

    /// <summary>dev_set_mtu: the link's own range decides, whatever the PF's MTU is (measured with igb).</summary>
    public (Errno Errno, string? Text)? SetMtu(Netdev netdev, int mtu)
    {
        if (mtu < netdev.MinMtu)
            return (Errno.EINVAL, "mtu less than device minimum");

        if (netdev.MaxMtu > 0 && mtu > netdev.MaxMtu)
            return (Errno.EINVAL, "mtu greater than device maximum");

        if (mtu == netdev.Mtu)
            return null;

        netdev.Mtu = mtu;
        Tell(netdev);
        return null;
    }

    /// <summary>do_setvfinfo: of links, only a PF's driver has VFs to set. It shows as a change of the PF's link while that is up.</summary>
    public Errno? SetVf(Netdev netdev, int vf, VfSetting setting)
    {
        if (netdev.Device is not { Sriov: { } } pf)
            return Errno.EOPNOTSUPP;

        if (VfSettings.Set(pf, vf, setting) is { } refused)
            return refused;

        if (netdev.Up)
            events.Emit(KernelEventKind.Link, pf);

        return null;
    }

    /// <summary>do_set_master.</summary>
    public void Enslave(Netdev netdev, string? upper)
    {
        netdev.Upper = upper;
        events.Emit(KernelEventKind.Link, netdev.Device);
    }

    /// <summary>dev_change_name: false when the name is taken, or the link gone.</summary>
    public bool Rename(Netdev netdev, string name)
    {
        if (_byIndex.GetValueOrDefault(netdev.Index) != netdev || In(netdev.Container).Any(other => other.HasName(name)))
            return false;

        if (netdev.Container is null)
        {
            _host.Remove(netdev.Name);
            _host.Add(name, netdev);
        }

        netdev.Name = name;
        if (netdev.Container is null)
            events.Emit(KernelEventKind.Move, netdev.Device);
        Tell(netdev);
        return true;
    }

    // A link in a container says what becomes of it there.
    private void Tell(Netdev netdev)
    {
        if (netdev.Container is null)
            events.Emit(KernelEventKind.Link, netdev.Device);
    }

    // A VF is told the address that the administrator gave it, or makes one up and tells that. While its PF is down, nobody answers.
    private string MacOf(PciDevice device)
    {
        if (device.NetdevMac is { } burntIn)
            return burntIn;

        VfSettings? settings = device.PhysFn is { Netdev.Up: true } ? VfSettings.Of(device) : null;
        return settings is null ? RandomMac() : settings.AdministrativeMac ?? settings.Tell(RandomMac());
    }

    private string LowestFreeName()
    {
        int number = 0;
        while (_host.ContainsKey($"eth{number}"))
            number++;

        return $"eth{number}";
    }

    // Locally administered, not multicast (eth_random_addr).
    private string RandomMac()
    {
        byte[] mac = new byte[6];
        random.NextBytes(mac);
        mac[0] = (byte)((mac[0] & 0xfe) | 0x02);
        return Convert.ToHexStringLower(mac).Insert(10, ":").Insert(8, ":").Insert(6, ":").Insert(4, ":").Insert(2, ":");
    }
}
