using System.Globalization;
using VfAgent.Simulation.Hardware;

namespace VfAgent.Simulation.Tree;

/// <summary>The parts of /sys, /proc and /dev that the agent reads or writes.</summary>
internal static class SystemTree
{
    public static Folder Of(Machine machine) => new Folder()
        .Put("sys", new Folder()
            .Put("bus", new Folder().Put("pci", PciBus(machine)))
            .Put("class", new Folder().Put("net", NetClass(machine)))
            .Put("devices", Devices(machine))
            .Put("module", Modules(machine))
            .Put("kernel", new Folder().Put("iommu_groups", IommuGroups(machine))))
        .Put("dev", Dev(machine))
        .Put("run", new Folder().Put("netns", new Folder().Each(
            () => machine.Links.Namespaces.Names, name => machine.Links.Namespaces.Find(name) is null ? null : Device)))
        .Put("proc", Proc(machine));

    private static Folder PciBus(Machine machine) => new Folder()
        .Put("devices", new Folder().Each(
            () => machine.Devices.Keys,
            name => machine.Find(name) is { } device ? new SymbolicLink(device.Home) : null))
        .Put("drivers", new Folder().Each(
            () => machine.Drivers.Names,
            name => machine.Drivers.Find(name) is { } driver ? DriverFolder(machine, driver) : null))
        .Command("drivers_probe", machine.Drivers.WriteProbe);

    private static Folder DriverFolder(Machine machine, PciDriver driver) => new Folder()
        .Link("module", () => driver.Module is { } module ? $"/sys/module/{module}" : null)
        .Command("bind", value => machine.Drivers.WriteBind(driver, value))
        .Command("unbind", value => machine.Drivers.WriteUnbind(driver, value))
        .Each(
            () => machine.Devices.Values.Where(device => device.Driver == driver).Select(device => device.Name),
            name => machine.Find(name) is { } device && device.Driver == driver ? new SymbolicLink(device.Home) : null);

    private static Folder NetClass(Machine machine) => new Folder().Each(
        () => machine.Links.Names,
        name => machine.Links.Find(name) is { } netdev ? new SymbolicLink(NetdevTree.PathOf(netdev)) : null);

    private static Folder Devices(Machine machine) => new Folder()
        .Put("pci0000:00", new Folder().Each(
            () => machine.Devices.Keys,
            name => machine.Find(name) is { } device ? PciDeviceTree.Of(machine, device) : null))
        .Put("virtual", new Folder().Put("net", new Folder().Each(
            () => ["lo"],
            name => name == "lo" ? NetdevTree.Of(machine, machine.Links.Find(name)!) : null)));

    private static Folder Modules(Machine machine) => new Folder().Each(
        () => machine.Modules.Loaded,
        name => machine.Modules.IsLoaded(name) ? ModuleFolder(name) : null);

    private static Folder ModuleFolder(string name)
    {
        Folder folder = new Folder().File("initstate", () => "live");
        return name == "vfio"
            ? folder.Put("parameters", new Folder().File("enable_unsafe_noiommu_mode", () => "N"))
            : folder;
    }

    // A group has a name only when something gave it one (noiommu), which nothing here does.
    private static Folder IommuGroups(Machine machine) => new Folder().Each(
        () => machine.IommuGroups.Numbers.Select(number => number.ToString()),
        name => Number(name) is { } number && machine.IommuGroups.Find(number) is { } device
            ? new Folder()
                .File("type", () => "DMA-FQ")
                .Put("devices", new Folder().Link(device.Name, () => device.Home))
            : null);

    private static Folder Dev(Machine machine) => new Folder()
        .When("vhost-net", () => machine.Modules.IsLoaded("vhost_net") ? Device : null)
        .When("net", () => machine.Modules.IsLoaded("tun") ? new Folder().Put("tun", Device) : null)
        .When("vfio", () => machine.Modules.IsLoaded("vfio") ? VfioNodes(machine) : null);

    private static Folder VfioNodes(Machine machine) => new Folder()
        .Put("vfio", Device)
        .Each(
            () => machine.Devices.Values.Where(device => device.Driver is { IsVfio: true }).Select(device => device.IommuGroup.ToString()!),
            name => Number(name) is { } number && machine.IommuGroups.Find(number) is { Driver.IsVfio: true } ? Device : null);

    private static Folder Proc(Machine machine) => new Folder()
        .Put("net", new Folder().File("route", () => machine.Routes.Ipv4).File("ipv6_route", () => ""))
        .Put("sys", new Folder().Put("kernel", new Folder()
            .File("osrelease", () => "6.1.0-simulated")
            .Put("random", new Folder().File("boot_id", () => machine.BootId))))
        .Each(
            () => machine.VfioUsers.ByPid.Keys.Select(pid => pid.ToString()),
            name => Number(name) is { } pid && machine.VfioUsers.ByPid.TryGetValue(pid, out VfioUser? user) ? Process(user) : null);

    private static Folder Process(VfioUser user) => new Folder()
        .File("comm", () => user.Process)
        .Put("fd", new Folder().Link("3", () => user.Files[1]).Link("4", () => user.Files[0]));

    private static TextFile Device { get; } = new(null);

    private static int? Number(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number.ToString() == name ? number : null;
}
