using System.Globalization;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Calls;
using VfAgent.Simulation.Tree;

namespace VfAgent.Simulation.Hardware;

/// <summary>The hardware and the kernel of one boot; a reboot makes a new one.</summary>
internal sealed class Machine
{
    private readonly IReadOnlyList<NicModel> _nics;
    private readonly Numbering _numbering;
    private long _lastInode;

    public Machine(IReadOnlyList<NicModel> nics, SimulationOptions options, Random random, Agenda agenda, EventHub events, Numbering numbering)
    {
        (_nics, Options, Agenda, Events, _numbering) = (nics, options, agenda, events, numbering);
        byte[] bootId = new byte[16];
        random.NextBytes(bootId);
        BootId = new Guid(bootId).ToString();
        IommuGroups = new IommuGroups(options.Iommu, numbering.FirstIommuGroup);
        Links = new Links(options, random, agenda, events);
        Drivers = new Drivers(this);
        Modules = new Modules(Drivers, options.Modules);
        VirtualFunctions = new VirtualFunctions(this, random);
        Eswitches = new Eswitches(this);
        Tree = new Walk(SystemTree.Of(this));
        Boot();
    }

    public SimulationOptions Options { get; }

    public Agenda Agenda { get; }

    public EventHub Events { get; }

    public string BootId { get; }

    /// <summary>By address, as sysfs names them.</summary>
    public Dictionary<string, PciDevice> Devices { get; } = new(StringComparer.Ordinal);

    public IommuGroups IommuGroups { get; }

    public Links Links { get; }

    public Drivers Drivers { get; }

    public Modules Modules { get; }

    public VirtualFunctions VirtualFunctions { get; }

    public Eswitches Eswitches { get; }

    public VfioUsers VfioUsers { get; } = new();

    public Routes Routes { get; } = new();

    /// <summary>/sys, /proc and /dev.</summary>
    public Walk Tree { get; }

    /// <summary>Bus, device and function as PCIe counts them: 8, 5 and 3 bits.</summary>
    public static int RoutingIdOf(PciAddress address)
    {
        string text = address.ToString();
        int Hex(int start, int length) => int.Parse(text.AsSpan(start, length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (Hex(5, 2) << 8) | (Hex(8, 2) << 3) | Hex(11, 1);
    }

    public PciDevice? Find(string name) => Devices.GetValueOrDefault(name);

    public PciDevice Get(PciAddress address) =>
        Find(address.ToString()) ?? throw new InvalidOperationException($"there is no device {address}");

    public void Add(PciDevice device)
    {
        IommuGroups.Add(device);
        device.Inode = ++_lastInode;
        Devices.Add(device.Name, device);
    }

    public void Remove(PciDevice device)
    {
        IommuGroups.Remove(device);
        Devices.Remove(device.Name);
        Events.Emit(KernelEventKind.Remove, device);
    }

    public void ThrowIfInUse(PciDevice device)
    {
        if (VfioUsers.IsOpen(device))
            throw new SimulatedHang();
    }

    /// <summary>Puts the n-th NIC, counted from 0, into its slot.</summary>
    public void Plug(int position)
    {
        NicModel nic = _nics[position];
        int number = _numbering.FirstNetdev + position;
        var pf = new PciDevice(_numbering.SlotOf(position))
        {
            Vendor = nic.Vendor,
            Device = nic.PfDevice,
            Nic = nic,
            Sriov = new Sriov(),
            NetdevName = $"eth{number}",
            NetdevMac = $"00:00:00:01:{position + 2:x2}:01",
        };
        Add(pf);
        Events.Emit(KernelEventKind.Add, pf);
        Drivers.Probe(pf);
    }

    public void Replug(PciAddress slot)
    {
        int position = Enumerable.Range(0, _nics.Count).FirstOrDefault(position => _numbering.SlotOf(position) == slot, -1);
        if (position < 0 || Find(slot.ToString()) is not null)
            throw new InvalidOperationException($"no NIC is missing at {slot}");

        Plug(position);
    }

    private void Boot()
    {
        Netdev loopback = Links.Loopback(Links.NextIndex());
        loopback.Up = true;
        Links.AddQuietly(loopback);
        Add(new PciDevice(PciAddress.Parse("0000:00:01.0")) { Vendor = 0x1b36, Device = 0x000c, Class = 0x060400 });
        BootOwnNic(0);
        BootOwnNic(1);
        foreach (PciDriver builtIn in PciDriver.All.Where(driver => driver.Module is null))
            Drivers.Register(builtIn);

        foreach (string driver in _nics.Select(nic => nic.PfDriver))
            Modules.Load(driver);

        for (int position = 0; position < _nics.Count; position++)
            Plug(position);
    }

    // A NIC that the host lives by and that has no VFs; virtio keeps its netdev one folder deeper than others do.
    private void BootOwnNic(int number)
    {
        var device = new PciDevice(PciAddress.Parse($"0000:00:{number + 3:x2}.0")) { Vendor = 0x1af4, Device = 0x1041 };
        Add(device);
        Links.AddQuietly(new Netdev
        {
            Device = device,
            Home = $"{device.Home}/virtio{number}",
            Index = Links.NextIndex(),
            Name = $"eth{number}",
            Mac = $"52:54:00:00:00:{number + 1:x2}",
            MaxMtu = 65535,
            Up = true,
            Carrier = true,
        });
    }
}
