using System.Text.RegularExpressions;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>How the simulated world is, read without the agent's code.</summary>
internal sealed partial class Truth(SimulatedWorld world, IReadOnlyList<Nic> nics)
{
    public IReadOnlyList<Nic> Nics => nics;

    public int NumVfs(Nic nic) => int.TryParse(world.Others.Read($"{nic.Folder}/sriov_numvfs").Value, out int count) ? count : 0;

    public string? Driver(string device) => world.Others.ReadLink($"/sys/bus/pci/devices/{device}/driver").Value;

    public int? Mtu(Nic nic) => int.TryParse(world.Others.Read($"{nic.Folder}/net/{nic.Name}/mtu").Value, out int mtu) ? mtu : null;

    /// <summary>By index; null where there is none.</summary>
    public string? Vf(Nic nic, int index) => world.Others.ReadLink($"{nic.Folder}/virtfn{index}").Value;

    public IEnumerable<string> Vfs(Nic nic) =>
        Enumerable.Range(0, nic.Model.TotalVfs).Select(index => Vf(nic, index)).TakeWhile(vf => vf is not null).OfType<string>();

    public Nic? PfOf(string vf) => nics.FirstOrDefault(nic => world.Others.ReadLink($"/sys/bus/pci/devices/{vf}/physfn").Value == nic.Address);

    /// <summary>The conflists and other files of a folder, by name.</summary>
    public IEnumerable<(string Name, string Text)> Files(string folder) =>
        world.Disk.Files(folder).Select(path => (Path.GetFileName(path), world.Disk.Look(path)!.Text));

    /// <summary>Every PCI address in a text.</summary>
    public static IEnumerable<string> Devices(string text) => Address().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal);

    /// <summary>Why a PF is not as a resource asks for it; null when it is.</summary>
    public string? Differs(Nic nic, ResourceWish wish) => Differs(nic, wish.NumVfs, wish.Mtu, wish.Vfio);

    public string? Differs(Nic nic, int numVfs, int mtu, bool vfio)
    {
        if (NumVfs(nic) != numVfs)
            return $"{nic.Address} has {NumVfs(nic)} VFs";
        if (mtu != 0 && Mtu(nic) != mtu)
            return $"{nic.Address} has an MTU of {Mtu(nic)}";

        for (int index = 0; index < numVfs; index++)
        {
            if (Vf(nic, index) is not { } vf)
                return $"{nic.Address} has no VF {index}";
            if (Driver(vf) is not { } driver)
                return $"VF {index} of {nic.Address} has no driver";
            if (vfio != (driver == "vfio-pci"))
                return $"VF {index} of {nic.Address} is on {driver}";
        }

        return null;
    }

    public static bool IsState(string path) => path.StartsWith($"{AgentSettings.StateDirectory}/", StringComparison.Ordinal);

    [GeneratedRegex("[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Address();
}
