using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>The kernel modules that are loaded and those that could be.</summary>
internal sealed class Modules(Drivers drivers, IReadOnlyList<string> available)
{
    private readonly HashSet<string> _loaded = new(StringComparer.Ordinal);

    public IEnumerable<string> Loaded => _loaded;

    public bool IsLoaded(string name) => _loaded.Contains(name);

    public bool IsAvailable(string name) => available.Contains(name, StringComparer.Ordinal);

    /// <summary>modprobe: to it, - and _ are the same.</summary>
    public Errno? Probe(string name)
    {
        string module = name.Replace('-', '_');
        if (!IsLoaded(module) && !IsAvailable(module))
            return Errno.ENOENT;

        Load(module);
        return null;
    }

    public void Load(string module)
    {
        if (!_loaded.Add(module))
            return;

        if (module == "vfio_pci")
            _loaded.Add("vfio");

        foreach (PciDriver driver in PciDriver.All.Where(driver => driver.Module == module))
            drivers.Register(driver);
    }
}
