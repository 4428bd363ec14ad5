using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Host;

namespace VfAgent.Doctor;

internal enum ModuleState
{
    Unknown,
    Missing,
    Installed,
    Loaded,
}

/// <summary>Which modules the running kernel has, from the lists that depmod writes. Loads none.</summary>
internal sealed class InstalledModules(IKernel kernel, IDisk disk, HostPaths paths)
{
    // A distribution's modules.dep is about 1 MB.
    private const int Limit = 16 << 20;

    private HashSet<string>? _names;

    /// <summary>The running kernel's release.</summary>
    public string Kernel => field ??= new FeatureReader(kernel, paths).KernelVersion();

    public string Folder => $"/lib/modules/{Kernel}";

    /// <param name="module">With underscores, as the kernel writes it.</param>
    public ModuleState Find(string module)
    {
        if (kernel.Exists(Path.Combine(paths.SysRoot, "module", module)))
            return ModuleState.Loaded;

        _names ??= Read();
        return _names.Count == 0 ? ModuleState.Unknown : _names.Contains(module) ? ModuleState.Installed : ModuleState.Missing;
    }

    private HashSet<string> Read()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string list in (string[])["modules.dep", "modules.builtin"])
        {
            if (disk.Read($"{Folder}/{list}", Limit) is not { Ok: true, Value: var bytes })
                continue;

            // kernel/drivers/vfio/pci/vfio-pci.ko.xz: its dependencies
            foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
            {
                string file = Path.GetFileName(line.Split(':')[0]);
                int ending = file.IndexOf(".ko", StringComparison.Ordinal);
                if (ending > 0)
                    names.Add(file[..ending].Replace('-', '_'));
            }
        }

        return names;
    }
}
