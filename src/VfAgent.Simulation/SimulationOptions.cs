namespace VfAgent.Simulation;

/// <summary>How the simulated host behaves where real ones differ.</summary>
public sealed record SimulationOptions
{
    /// <summary>Nothing is late: what a write causes is there when it returns.</summary>
    public static readonly SimulationOptions Immediate = new()
    {
        VfDelay = TimeSpan.Zero,
        NetdevDelay = TimeSpan.Zero,
        RenameDelay = TimeSpan.Zero,
        CarrierDelay = TimeSpan.Zero,
    };

    /// <summary>Decides MACs, the boot id, the order of VFs and what a power loss takes.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>From the write of <c>sriov_numvfs</c> to the first VF, and from one VF to the next.</summary>
    public TimeSpan VfDelay { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>From a VF's appearance until its driver is probed (or, for iavf, from the bind to the netdev).</summary>
    public TimeSpan NetdevDelay { get; init; } = TimeSpan.FromMilliseconds(3);

    /// <summary>Whether udev names VF netdevs <c>{pf}v{index}</c> instead of leaving them <c>ethN</c>.</summary>
    public bool RenameNetdevs { get; init; }

    /// <summary>From a netdev's appearance to its rename.</summary>
    public TimeSpan RenameDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether VFs appear in an order of the seed's choice instead of by index.</summary>
    public bool ShuffleVfs { get; init; }

    /// <summary>How long a PF is without carrier after it was set up or its VFs were enabled or disabled.</summary>
    public TimeSpan CarrierDelay { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>Whether there is an IOMMU; without one no device has a group and vfio-pci cannot bind.</summary>
    public bool Iommu { get; init; } = true;

    /// <summary>Modules that can be loaded, beside those of the PFs, which boot loads. udev loads a VF's when the first VF appears.</summary>
    public IReadOnlyList<string> Modules { get; init; } = ["vfio_pci", "vhost_net", "tun", "igbvf", "ixgbevf", "iavf"];
}
