using VfAgent.Core.Kernel;
using VfAgent.Doctor;
using VfAgent.Host;
using VfAgent.Simulation;

namespace VfAgent.Tests.Doctor;

/// <summary>A simulated host to look at, with files in /sys and /proc that the simulation does not have.</summary>
internal sealed class Patient : IDisposable
{
    public static readonly HostPaths Paths = new("/sys", "/dev", "/proc", "/etc/cni/net.d", "/var/lib/cni", "/etc/cdi");

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
internal sealed class KernelWithFiles(IKernel kernel) : IKernel
{
    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string[]> Folders { get; } = new(StringComparer.Ordinal);

    public IoResult<string> Read(string path) => Files.TryGetValue(path, out string? text) ? text : kernel.Read(path);

    public bool Exists(string path) => Files.ContainsKey(path) || kernel.Exists(path);

    public IoResult<IReadOnlyList<string>> List(string path) => Folders.TryGetValue(path, out string[]? names) ? names.ToList() : kernel.List(path);

    public IoResult<string> ReadLink(string path) => kernel.ReadLink(path);

    public IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => kernel.OpenFiles(folder);

    public IoError? Write(string path, string value) => kernel.Write(path, value);

    public IoResult<Link> GetLink(int ifindex) => kernel.GetLink(ifindex);

    public IoError? SetLinkMtu(int ifindex, int mtu) => kernel.SetLinkMtu(ifindex, mtu);

    public IoError? SetLinkUp(int ifindex, bool up) => kernel.SetLinkUp(ifindex, up);

    public IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex) => kernel.GetVfs(pfIfindex);

    public IoError? SetVf(int pfIfindex, int vf, VfSetting setting) => kernel.SetVf(pfIfindex, vf, setting);

    public IoError? LoadModule(string name) => kernel.LoadModule(name);

    public Task<T> RunAsync<T>(Func<T> work) => kernel.RunAsync(work);

    public IDisposable Watch(Action<KernelEvent> onEvent) => kernel.Watch(onEvent);
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
