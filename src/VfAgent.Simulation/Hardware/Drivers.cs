using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>Which driver a device is bound to, and how it gets there (drivers/base/bus.c and dd.c, drivers/pci/pci-driver.c).</summary>
internal sealed class Drivers(Machine machine)
{
    private const int LongestOverride = 4095;

    private readonly Dictionary<string, PciDriver> _registered = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _registered.Keys;

    public PciDriver? Find(string name) => _registered.GetValueOrDefault(name);

    /// <summary>A new driver is offered every device that has none.</summary>
    public void Register(PciDriver driver)
    {
        _registered.Add(driver.Name, driver);
        foreach (PciDevice device in machine.Devices.Values.OrderBy(device => device.Address).ToList())
            Probe(driver, device);
    }

    /// <summary>A device is offered to the drivers; that none takes it is no error.</summary>
    public void Probe(PciDevice device)
    {
        foreach (PciDriver driver in _registered.Values)
            Probe(driver, device);
    }

    /// <summary>A write to <c>drivers_probe</c>: success even when the device is bound already or nothing takes it.</summary>
    public Errno? WriteProbe(string value)
    {
        if (machine.Find(KernelText.Line(value)) is not { } device)
            return Errno.ENODEV;

        Probe(device);
        return null;
    }

    public Errno? WriteBind(PciDriver driver, string value)
    {
        if (machine.Find(KernelText.Line(value)) is not { } device || !Matches(driver, device))
            return Errno.ENODEV;

        return device.Driver is not null ? Errno.EBUSY : Attach(driver, device);
    }

    public Errno? WriteUnbind(PciDriver driver, string value)
    {
        if (machine.Find(KernelText.Line(value)) is not { } device || device.Driver != driver)
            return Errno.ENODEV;

        Detach(device);
        return null;
    }

    /// <summary>driver_set_override: up to the first newline; a newline alone clears. A page has to hold it with a newline behind it.</summary>
    public static Errno? WriteOverride(PciDevice device, string value)
    {
        if (value.Length >= LongestOverride)
            return Errno.EINVAL;

        string name = value.Split('\n')[0];
        device.DriverOverride = name.Length == 0 ? null : name;
        return null;
    }

    /// <summary>Takes the driver off. Blocks while a process holds the device, or one of its VFs, open through vfio.</summary>
    public void Detach(PciDevice device)
    {
        if (device.Driver is null)
            return;

        machine.VirtualFunctions.Disable(device);
        machine.ThrowIfInUse(device);
        Eswitches.Forget(device);
        machine.Links.Destroy(device);
        if (device.Driver.IsVfio)
            machine.Events.Emit(KernelEventKind.Remove, device);

        device.Driver = null;
        machine.Events.Emit(KernelEventKind.Unbind, device);
    }

    private void Probe(PciDriver driver, PciDevice device)
    {
        if (device.Driver is null && Matches(driver, device))
            Attach(driver, device);
    }

    // pci_match_device: with an override that driver and no other, and that one whatever its ids are.
    private static bool Matches(PciDriver driver, PciDevice device) =>
        device.DriverOverride is { } name ? name == driver.Name : driver.Knows(device);

    private Errno? Attach(PciDriver driver, PciDevice device)
    {
        // pci_device_can_probe
        if (device.PhysFn is { Sriov.DriversAutoprobe: false } && device.DriverOverride is null)
            return Errno.ENODEV;

        // vfio_pci's probe answers EINVAL to a device without a group; another driver's does not find its hardware.
        if (driver.IsVfio ? device.IommuGroup is null : !driver.Knows(device))
            return driver.IsVfio ? Errno.EINVAL : Errno.ENODEV;

        device.Driver = driver;
        int bind = ++device.Binds;
        bool isVf = device.PhysFn is not null;
        bool makesNetdev = device.Nic is not null && !driver.IsVfio;
        bool isLate = isVf && device.Nic is { NetdevFollowsBind: true };
        if (makesNetdev && !isLate)
            machine.Links.Create(device);

        // Its vfio-dev/vfioN, which comes and goes like another driver's netdev.
        if (driver.IsVfio)
            machine.Events.Emit(KernelEventKind.Add, device);

        machine.Events.Emit(KernelEventKind.Bind, device);
        if (makesNetdev && isLate)
            machine.Agenda.After(machine.Options.NetdevDelay, () => CreateNetdev(device, driver, bind));

        return null;
    }

    private void CreateNetdev(PciDevice device, PciDriver driver, int bind)
    {
        if (device.Driver == driver && device.Binds == bind)
            machine.Links.Create(device);
    }
}
