using System.Text.RegularExpressions;
using VfAgent.Core.Kernel;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Wishes;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>How the simulated world is, read without the agent's code.</summary>
internal sealed partial class Truth(SimulatedWorld world, IReadOnlyList<Nic> nics)
{
    // Without a switch that can be asked, a NIC forwards by itself, which is all there is to it.
    private const string Legacy = "legacy";

    public IReadOnlyList<Nic> Nics => nics;

    public int NumVfs(Nic nic) => int.TryParse(world.Others.Read($"{nic.Folder}/sriov_numvfs").Value, out int count) ? count : 0;

    public string? Driver(string device) => world.Others.ReadLink($"/sys/bus/pci/devices/{device}/driver").Value;

    /// <summary>The name of its netdev, where the host has that.</summary>
    public string? Netdev(string device) => world.Others.List($"/sys/bus/pci/devices/{device}/net").Value is [var name] ? name : null;

    /// <summary>Its driver makes netdevs, and the host has none of it: that is in a container, or on its way.</summary>
    public bool IsAway(string device) => Driver(device) is not (null or "vfio-pci") && Netdev(device) is null;

    /// <summary>Another for a device that is made anew; 0 for one that is not there.</summary>
    public long Inode(string device) => world.Others.GetInode($"/sys/bus/pci/devices/{device}").Value;

    /// <summary>The VF whose netdev is in a container's network namespace; null when none is, or the namespace is gone.</summary>
    public string? VfIn(string container)
    {
        if (world.Others.OpenNamespace(container) is not { Ok: true, Value: var opened })
            return null;

        using INetworkNamespace inside = opened;
        return inside.GetLinks().Value?.FirstOrDefault(link => link.ParentDevice is not null)?.ParentDevice;
    }

    public int? Mtu(Nic nic) => int.TryParse(world.Others.Read($"{nic.Folder}/net/{nic.Name}/mtu").Value, out int mtu) ? mtu : null;

    /// <summary>What its embedded switch does; null where it has none that can be asked.</summary>
    public string? Eswitch(Nic nic) => world.Others.GetEswitch($"pci/{nic.Address}") is { Ok: true, Value: var mode } ? mode.Word() : null;

    /// <summary>New VFs get no driver.</summary>
    public bool IsAutoprobeOff(Nic nic) => world.Others.Read($"{nic.Folder}/sriov_drivers_autoprobe").Value == "0";

    /// <summary>By index; null where there is none.</summary>
    public string? Vf(Nic nic, int index) => world.Others.ReadLink($"{nic.Folder}/virtfn{index}").Value;

    public IEnumerable<string> Vfs(Nic nic) =>
        Enumerable.Range(0, nic.Model.TotalVfs).Select(index => Vf(nic, index)).TakeWhile(vf => vf is not null).OfType<string>();

    public Nic? PfOf(string vf) => nics.FirstOrDefault(nic => world.Others.ReadLink($"/sys/bus/pci/devices/{vf}/physfn").Value == nic.Address);

    /// <summary>Of a netdev of the host's, its own or one of its VFs'.</summary>
    public Nic? PfOfLink(string name) =>
        world.Others.ReadLink($"/sys/class/net/{name}/device").Value is { } device
            ? nics.FirstOrDefault(nic => nic.Address == device) ?? PfOf(device)
            : null;

    /// <summary>The conflists and other files of a folder, by name.</summary>
    public IEnumerable<(string Name, string Text)> Files(string folder) =>
        world.Disk.Files(folder).Select(path => (Path.GetFileName(path), world.Disk.Look(path)!.Text));

    /// <summary>Every PCI address in a text.</summary>
    public static IEnumerable<string> Devices(string text) => Address().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal);

    /// <summary>Why a PF is not as a resource asks for it; null when it is.</summary>
    /// <param name="nic">The PF.</param>
    /// <param name="wish">What is asked for.</param>
    /// <param name="withSettings">Also of what its VFs are set to.</param>
    public string? Differs(Nic nic, ResourceWish wish, bool withSettings = true)
    {
        if (NumVfs(nic) != wish.NumVfs)
            return $"{nic.Address} has {NumVfs(nic)} VFs";
        if (wish.Mtu != 0 && Mtu(nic) != wish.Mtu)
            return $"{nic.Address} has an MTU of {Mtu(nic)}";
        if (wish.Eswitch is not null && (Eswitch(nic) ?? Legacy) != wish.Eswitch)
            return $"{nic.Address} is in {Eswitch(nic) ?? "no"} mode";

        IReadOnlyList<VfAttributes> settings = withSettings ? Settings(nic) : [];
        for (int index = 0; index < wish.NumVfs; index++)
        {
            if (Vf(nic, index) is not { } vf)
                return $"{nic.Address} has no VF {index}";
            if (!wish.Has(index))
                continue;
            if (Driver(vf) is not { } driver)
                return $"VF {index} of {nic.Address} has no driver";
            if (wish.Vfio != (driver == "vfio-pci"))
                return $"VF {index} of {nic.Address} is on {driver}";
            if (withSettings && settings.ElementAtOrDefault(index) is { } now && wish.SettingsOf(index).Differs(now) is { } difference)
                return $"VF {index} of {nic.Address} {difference}";
            if (withSettings && wish.VfMtu != 0 && VfMtu(vf) is { } mtu && mtu != wish.VfMtu)
                return $"VF {index} of {nic.Address} has an MTU of {mtu}";
        }

        return null;
    }

    /// <summary>What the PF's driver has for its VFs; none when it has no netdev.</summary>
    public IReadOnlyList<VfAttributes> Settings(Nic nic) => IfIndex(nic) is { } pf ? world.Others.GetVfs(pf).Value ?? [] : [];

    /// <summary>Whether a VF that a resource has of a PF has the MAC of another VF or of a PF, as far as the host sees them.</summary>
    public bool SharesMac(Nic nic, ResourceWish wish)
    {
        HashSet<string> own = [.. Left(nic).Where(vf => wish.Range is null || wish.Has(vf.Index)).Select(vf => vf.Address)];
        return nics.SelectMany(Macs)
            .Where(entry => entry is { Mac: not (null or "" or "00:00:00:00:00:00"), Device: not null })
            .Distinct()
            .GroupBy(entry => entry.Mac, entry => entry.Device!)
            .Any(devices => devices.Count() > 1 && devices.Any(own.Contains));
    }

    public int? IfIndex(Nic nic) => int.TryParse(world.Others.Read($"{nic.Folder}/net/{nic.Name}/ifindex").Value, out int index) ? index : null;

    public bool IsUp(Nic nic) => IfIndex(nic) is { } pf && world.Others.GetLink(pf).Value is { Up: true };

    /// <summary>Of its netdev, where the host has that.</summary>
    public int? VfMtu(string vf) => int.TryParse(OfVfLink(vf, "mtu"), out int mtu) ? mtu : null;

    public static bool IsState(string path) => path.StartsWith($"{AgentSettings.StateDirectory}/", StringComparison.Ordinal);

    // A removal by others that waits for a process with a VF has taken those before it already.
    private IEnumerable<(int Index, string Address)> Left(Nic nic) =>
        from index in Enumerable.Range(0, nic.Model.TotalVfs)
        let address = Vf(nic, index)
        where address is not null
        select (index, address);

    // While a container has a VF, only the address is seen that its PF has for it.
    private IEnumerable<(string? Mac, string? Device)> Macs(Nic nic) =>
    [
        (world.Others.Read($"{nic.Folder}/net/{nic.Name}/address").Value, nic.Address),
        .. Left(nic).Select(vf => (OfVfLink(vf.Address, "address"), vf.Address)),
        .. Settings(nic).Select(vf => (vf.Mac, Vf(nic, vf.Index))),
    ];

    private string? OfVfLink(string vf, string attribute) =>
        Netdev(vf) is { } name ? world.Others.Read($"/sys/class/net/{name}/{attribute}").Value : null;

    [GeneratedRegex("[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Address();
}
