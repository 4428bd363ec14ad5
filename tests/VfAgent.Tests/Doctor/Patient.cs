using VfAgent.Core.Kernel;
using VfAgent.Doctor;
using VfAgent.Host;
using VfAgent.Simulation;

namespace VfAgent.Tests.Doctor;

/// <summary>A simulated host to look at, with files in /sys and /proc that the simulation does not have.</summary>
internal sealed class Patient : IDisposable
{
    public static readonly HostPaths Paths = HostPaths.Usual;

    public Patient(string nics = "igb:2", SimulationOptions? options = null, TimeProvider? time = null)
        : this(Models(nics), options, time)
    {
    }

    public Patient(IReadOnlyList<NicModel> nics, SimulationOptions? options = null, TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        World = new SimulatedWorld(nics, Time, options ?? SimulationOptions.Immediate);
        Kernel = new KernelWithFiles(World.Kernel);
    }

    public TimeProvider Time { get; }

    public SimulatedWorld World { get; }

    public KernelWithFiles Kernel { get; }

    public SimulatedDisk Disk => World.Disk;

    public void Dispose() => World.Dispose();

    private static IReadOnlyList<NicModel> Models(string nics)
    {
        Assert.True(SimulatedNics.TryParse(nics, out IReadOnlyList<NicModel>? models, out string? error), error);
        return models;
    }
}

/// <summary>A kernel that has files and folders of fixed content over those of another.</summary>
internal sealed class KernelWithFiles(IKernel kernel) : KernelDecorator(kernel)
{
    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string[]> Folders { get; } = new(StringComparer.Ordinal);

    public override IoResult<string> Read(string path) => Files.TryGetValue(path, out string? text) ? text : base.Read(path);

    public override IoResult<bool> IsThere(string path) => Files.ContainsKey(path) ? true : base.IsThere(path);

    public override IoResult<IReadOnlyList<string>> List(string path) =>
        Folders.TryGetValue(path, out string[]? names) ? names.ToList() : base.List(path);
}

internal static class Findings
{
    /// <summary>The one finding with this title.</summary>
    public static Finding Of(this IEnumerable<Finding> findings, string title)
    {
        IReadOnlyList<Finding> all = [.. findings];
        return Assert.Single(all, finding => finding.Title == title);
    }

    public static void Is(this Finding finding, Verdict verdict, string found, string? remedy = null)
    {
        Assert.Equal(verdict, finding.Verdict);
        Assert.Contains(found, finding.Found, StringComparison.Ordinal);
        // Whoever reads of a problem wants to know what to do.
        Assert.Equal(verdict is Verdict.Warning or Verdict.Failure, finding.Remedy is not null);
        if (remedy is not null)
            Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }
}
