namespace VfAgent.Simulation.Hardware;

/// <param name="Name">Its folder under <c>/sys/bus/pci/drivers</c>.</param>
/// <param name="Module">The module that brings it; null when it is built in.</param>
/// <param name="Ids">The vendor and device ids that it takes by itself.</param>
internal sealed record PciDriver(string Name, string? Module, IReadOnlyList<(int Vendor, int Device)> Ids)
{
    public const string Vfio = "vfio-pci";

    /// <summary>Takes nothing by itself, and anything that a driver_override gives it; makes no netdev.</summary>
    public bool IsVfio => Name == Vfio;

    public bool Knows(PciDevice device) => Ids.Contains((device.Vendor, device.Device));

    /// <summary>Every driver this machine can have: NICs' in order of the models, several models on one driver merged.</summary>
    public static IReadOnlyList<PciDriver> All { get; } =
    [
        new("pcieport", null, [(0x1b36, 0x000c)]),
        new("virtio-pci", null, [(0x1af4, 0x1041)]),
        new(Vfio, "vfio_pci", []),
        .. NicModel.All
            .SelectMany(nic => new[] { (nic.PfDriver, nic.Vendor, nic.PfDevice), (nic.VfDriver, nic.Vendor, nic.VfDevice) })
            .GroupBy(entry => entry.Item1, entry => (entry.Item2, entry.Item3), StringComparer.Ordinal)
            .Select(driver => new PciDriver(driver.Key, driver.Key, [.. driver])),
    ];
}
