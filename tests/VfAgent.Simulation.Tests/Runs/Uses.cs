using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>Who has which VF in truth.</summary>
/// <param name="Device">The VF's address.</param>
/// <param name="Pf">Its PF's; a VF on its way out has no link to it any more.</param>
/// <param name="By">A container or a process.</param>
/// <param name="Pid">Of a process that has it open through vfio; null for a container.</param>
/// <param name="Record">What CNI, or a plugin of the agent's, has written of it, if anything.</param>
/// <param name="Netdev">Its name on the host.</param>
/// <param name="Since">When that began.</param>
internal sealed record Use(string Device, string Pf, string By, int? Pid, string? Record, string? Netdev, TimeSpan Since)
{
    /// <summary>A container that has a device on vfio-pci: only a record tells of it, once it is written.</summary>
    public bool IsByRecordOnly => Pid is null && Netdev is null;

    /// <summary>The agent's own plugin has given it, and takes it back.</summary>
    public bool IsLeased { get; init; }

    /// <summary>Of a leased VF: another for one that is made anew.</summary>
    public long Inode { get; init; }
}

/// <summary>All uses that are.</summary>
internal sealed class Uses(SimulatedWorld world)
{
    private readonly List<Use> _all = [];

    /// <summary>Without those whose VF is gone, which takes a container's link with it, or the container. A pod goes on without.</summary>
    public IReadOnlyList<Use> All
    {
        get
        {
            foreach (Use over in _all.FindAll(IsOver))
            {
                _all.Remove(over);
                if (over is { IsByRecordOnly: true, IsLeased: false })
                    world.Others.RemoveNamespace(over.By);
            }

            return _all;
        }
    }

    public void Add(Use use) => _all.Add(use);

    public void Remove(Use use) => _all.Remove(use);

    /// <summary>The host went down.</summary>
    public void Clear() => _all.Clear();

    private bool IsOver(Use use) => !world.Others.Exists($"/sys/bus/pci/devices/{use.Device}") || use switch
    {
        { Pid: not null } => false,

        // On another driver for a while, it is the container's again when it comes back to vfio-pci.
        { IsByRecordOnly: true, IsLeased: true } => world.Others.GetInode($"/sys/bus/pci/devices/{use.Device}").Value != use.Inode,
        { IsByRecordOnly: true } => world.Others.ReadLink($"/sys/bus/pci/devices/{use.Device}/driver").Value != "vfio-pci",
        _ => world.Others.List($"/sys/bus/pci/devices/{use.Device}/net") is { Ok: false } or { Value.Count: > 0 },
    };
}
