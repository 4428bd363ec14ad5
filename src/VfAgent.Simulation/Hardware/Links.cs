using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>The network links: their names, their settings, where they are.</summary>
internal sealed class Links(SimulationOptions options, Random random, Agenda agenda, EventHub events)
{
    private readonly Dictionary<string, Netdev> _host = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Netdev> _byIndex = [];
    private int _lastIndex;

    /// <summary>The names in the host's network namespace.</summary>
    public IEnumerable<string> Names => _host.Keys;

    public Netdev? Find(string name) => _host.GetValueOrDefault(name);

    /// <summary>Those that have a link, each with a network namespace of its name, and those with a namespace and no link of ours.</summary>
    public IEnumerable<string> Containers =>
        _byIndex.Values.Select(netdev => netdev.Container).OfType<string>().Concat(Namespaces).Distinct(StringComparer.Ordinal);

    /// <summary>Namespaces that are there whether they have a link or not.</summary>
    public SortedSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

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
        events.Emit(KernelEventKind.Link, netdev.Device);
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

    public void SetUp(Netdev netdev, bool up)
    {
        if (up == netdev.Up)
            return;

        netdev.Up = up;
        if (up)
            Open(netdev);

        SetCarrierLate(netdev);
    }

    /// <summary>The device is reset: a link that is up loses its carrier for a while.</summary>
    public void Reset(Netdev netdev)
    {
        if (!netdev.Up)
            return;

        Open(netdev);
        SetCarrierLate(netdev);
    }

    public void MoveToContainer(Netdev netdev, string container, string name)
    {
        if (netdev.Container is null)
        {
            _host.Remove(netdev.Name);
            events.Emit(KernelEventKind.Remove, netdev.Device);
        }

        // dev_change_net_namespace closes the link, and takes it from what it is a part of.
        (netdev.Container, netdev.Name, netdev.Up, netdev.Upper) = (container, name, false, null);
    }

    public void MoveToHost(Netdev netdev, string name)
    {
        if (netdev.Container is null)
            throw new InvalidOperationException($"{netdev.Name} is in no container");

        netdev.Name = _host.ContainsKey(name) ? LowestFreeName() : name;
        (netdev.Container, netdev.Up) = (null, false);
        _host.Add(netdev.Name, netdev);
        events.Emit(KernelEventKind.Add, netdev.Device);
        events.Emit(KernelEventKind.Link, netdev.Device);
    }

    /// <summary>do_set_master.</summary>
    public void Enslave(Netdev netdev, string? upper)
    {
        netdev.Upper = upper;
        events.Emit(KernelEventKind.Link, netdev.Device);
    }

    /// <summary>dev_change_name: the name has to be free, and the link the host's.</summary>
    public void Rename(Netdev netdev, string name)
    {
        if (Find(netdev.Index) != netdev || _host.ContainsKey(name))
            return;

        _host.Remove(netdev.Name);
        netdev.Name = name;
        _host.Add(name, netdev);
        events.Emit(KernelEventKind.Move, netdev.Device);
        events.Emit(KernelEventKind.Link, netdev.Device);
    }

    // igb_open sets the number of queues. Their folders raise uevents, which look as if they were the device's.
    private void Open(Netdev netdev)
    {
        if (netdev.Device is not { Nic.QueuesFollowVfs: true, Sriov: { } sriov } pf)
            return;

        int before = netdev.Queues;
        netdev.Queues = sriov.NumVfs > 0 ? 1 : 2;
        if (netdev.Queues != before)
            events.Emit(netdev.Queues < before ? KernelEventKind.Remove : KernelEventKind.Add, pf);
    }

    private void SetCarrierLate(Netdev netdev)
    {
        int change = ++netdev.CarrierChanges;
        netdev.Carrier = false;
        events.Emit(KernelEventKind.Link, netdev.Device);
        if (!netdev.Up || netdev.Device?.PhysFn is not null)
            return;

        agenda.After(options.CarrierDelay, () =>
        {
            if (netdev.CarrierChanges != change || Find(netdev.Index) != netdev)
                return;

            netdev.Carrier = true;
            events.Emit(KernelEventKind.Link, netdev.Device);
        });
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
