using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Simulation.Tests;

/// <summary>A simulated host under a clock that stands still, and the shortest words for what tests do with it.</summary>
internal sealed class Host : IDisposable
{
    /// <summary>The folder of eth3, an igb unless said otherwise.</summary>
    public const string Pf = "/sys/bus/pci/devices/0000:02:00.0";

    public const string Vf0 = "/sys/bus/pci/devices/0000:02:10.0";

    public const string DriversProbe = "/sys/bus/pci/drivers_probe";

    public static readonly PciAddress PfAddress = PciAddress.Parse("0000:02:00.0");

    public static readonly PciAddress Vf0Address = PciAddress.Parse("0000:02:10.0");

    public static readonly PciAddress Vf1Address = PciAddress.Parse("0000:02:10.2");

    public Host(string nics = "igb:2", SimulationOptions? options = null)
    {
        Assert.True(SimulatedNics.TryParse(nics, out IReadOnlyList<NicModel>? models, out string? error), error);
        World = new SimulatedWorld(models, Time, options ?? SimulationOptions.Immediate);
    }

    public FakeTimeProvider Time { get; } = new();

    public SimulatedWorld World { get; }

    public SimulatedKernel Kernel => World.Kernel;

    public SimulatedDisk Disk => World.Disk;

    /// <summary>A link's index, by its name.</summary>
    public int this[string link] => int.Parse(Kernel.Read($"/sys/class/net/{link}/ifindex").Value!);

    /// <summary>An attribute's text, or its error's name.</summary>
    public string Read(string path) => Shown(Kernel.Read(path), text => text);

    /// <summary>Several attributes of a folder on one line.</summary>
    public string Read(string folder, params string[] names) => string.Join(' ', names.Select(name => Read($"{folder}/{name}")));

    /// <summary>The names in a folder on one line, or the error's name.</summary>
    public string List(string path) => Shown(Kernel.List(path), names => string.Join(' ', names));

    /// <summary>Where a link points, or the error's name.</summary>
    public string Follow(string path) => Shown(Kernel.ReadLink(path), name => name);

    /// <summary>null, or the error of a write.</summary>
    public Errno? Write(string path, string value) => Kernel.Write(path, value)?.Errno;

    public void SetNumVfs(int count) => Assert.Null(Write($"{Pf}/sriov_numvfs", $"{count}\n"));

    /// <summary>Takes a VF of eth3 from its driver to vfio-pci.</summary>
    public void ToVfio(PciAddress vf)
    {
        string folder = $"/sys/bus/pci/devices/{vf}";
        Assert.Null(Kernel.LoadModule("vfio-pci"));
        Assert.Null(Write($"{folder}/driver_override", "vfio-pci\n"));
        Assert.Null(Write($"{folder}/driver/unbind", $"{vf}\n"));
        Assert.Null(Write(DriversProbe, $"{vf}\n"));
        Assert.Equal("vfio-pci", Follow($"{folder}/driver"));
    }

    /// <summary>All events from here on, one a line: kind, device, parent.</summary>
    public List<string> Events()
    {
        var events = new List<string>();
        Kernel.Watch(e => events.Add($"{e.Kind} {e.Device} {(e.Parent is { } parent ? $"of {parent}" : string.Empty)}".TrimEnd()));
        return events;
    }

    public void Dispose() => World.Dispose();

    private static string Shown<T>(IoResult<T> result, Func<T, string> show) => result.Ok ? show(result.Value) : result.Error.Errno.ToString();
}
