namespace VfAgent.Simulation.Tests.Runs;

/// <summary>A NIC of the simulated host, and where it is now.</summary>
internal sealed record Nic(NicModel Model, int Position)
{
    public string Name => $"eth{Position + 2}";

    public string Address => $"0000:{Position + 1:x2}:00.0";

    public string Folder => $"/sys/bus/pci/devices/{Address}";
}
