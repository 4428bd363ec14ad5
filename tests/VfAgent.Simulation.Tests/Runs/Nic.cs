namespace VfAgent.Simulation.Tests.Runs;

/// <summary>A NIC of the simulated host, and where it is now.</summary>
internal sealed class Nic(NicModel model, int position)
{
    public NicModel Model => model;

    /// <summary>Of its netdev; the last one while it has none.</summary>
    public string Name { get; private set; } = $"eth{position + 2}";

    public string Address { get; } = $"0000:{position + 1:x2}:00.0";

    public string Folder => $"/sys/bus/pci/devices/{Address}";

    /// <summary>Its netdev may have another name: somebody has renamed it, or it is a new one.</summary>
    public void Refresh(SimulatedKernel kernel)
    {
        if (kernel.List($"{Folder}/net").Value is [var name, ..])
            Name = name;
    }
}
