using System.Text;
using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Simulation;

namespace VfAgent.Tests.Leases;

/// <summary>A host of an igb with two VFs, eth4 and eth5, where containers start and stop without an agent.</summary>
internal abstract class PluginRig : IDisposable
{
    public const string BothVfs = "0000:02:10.0 0000:02:10.2";
    public static readonly PciAddress Vf0 = PciAddress.Parse("0000:02:10.0");
    public static readonly PciAddress Vf1 = PciAddress.Parse("0000:02:10.2");

    private const string Devices = "/sys/bus/pci/devices";
    private const string NumVfs = $"{Devices}/0000:02:00.0/sriov_numvfs";

    protected PluginRig()
    {
        Assert.True(SimulatedNics.TryParse("igb:2", out IReadOnlyList<NicModel>? nics, out _));
        World = new SimulatedWorld(nics, new FakeTimeProvider(), SimulationOptions.Immediate);
        Assert.Null(World.Others.SetLinkUp(IndexOf("eth3"), up: true));
        Assert.Null(World.Others.Write(NumVfs, "2"));
        foreach (string container in new[] { "web", "db", "cache" })
            World.Others.AddNamespace(container);
    }

    public SimulatedWorld World { get; }

    /// <summary>The PF's.</summary>
    public int PfIndex => IndexOf("eth3");

    /// <summary>All that a VF is on the host: name, address, MTU, up or down, and what the PF's driver holds for it; <c>away</c> when it is in a container.</summary>
    public string this[PciAddress vf]
    {
        get
        {
            VfAttributes admin = World.Others.GetVfs(PfIndex).Value!.Single(attributes => attributes.Index == (vf == Vf0 ? 0 : 1));
            if (World.Others.List($"{Devices}/{vf}/net").ValueOr([]) is not [var name])
                return $"away, {admin.Mac}";

            Link link = World.Others.GetLink(IndexOf(name)).Value!;
            return $"{link.Name} {link.Mac} {link.Mtu} {(link.Up ? "up" : "down")}, {admin.Mac}";
        }
    }

    /// <summary>As an administrator may, whoever has them.</summary>
    public void MakeVfsAnew()
    {
        Assert.Null(World.Others.Write(NumVfs, "0"));
        Assert.Null(World.Others.Write(NumVfs, "2"));
    }

    /// <summary>The lock of a VF that sriov-cni has while it works on it; its folder is there once it has run.</summary>
    public IoResult<IDisposable> LockOfSriovCni(PciAddress vf)
    {
        const string Folder = "/var/lib/cni/sriov/pci/vf_lock";
        Assert.Null(World.OthersDisk.CreateDirectory(Folder));
        return World.OthersDisk.Lock($"{Folder}/{vf}.lock", wait: false);
    }

    /// <summary>The leases' files, but for unfinished ones of plugins that were killed: the VF's next lease is written over these.</summary>
    public IReadOnlyList<string> Leases =>
        [.. World.Disk.Files($"{HostPaths.Run}/leases").Where(path => !DurableFiles.IsTemporary(Path.GetFileName(path)))];

    public static string IdOf(string container) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(container.PadRight(32, '-')));

    /// <summary>The container's links, but for loopback, and how they are set up.</summary>
    public string Inside(string container)
    {
        using INetworkNamespace place = World.Others.OpenNamespace($"/run/netns/{container}").Value!;
        IEnumerable<string> links = place.GetLinks().Value!.Where(link => link.Name != "lo")
            .Select(link => $"{link.Name} {link.Mac} {link.Mtu} {(link.Up ? "up" : "down")} of {link.ParentDevice}");
        return string.Join("; ", links.Concat(World.Others.NetworkOf(container)));
    }

    public int IndexOf(string netdev) => int.Parse(World.Others.Read($"/sys/class/net/{netdev}/ifindex").Value!);

    public string MacOf(PciAddress vf) => this[vf].Split(' ')[1];

    public Lease? LeaseOf(PciAddress vf)
    {
        Assert.Null(new LeaseFiles(new DurableFiles(World.OthersDisk), World.Others, HostPaths.Usual).Read(vf, out Lease? lease));
        return lease;
    }

    public void Dispose() => World.Dispose();
}
