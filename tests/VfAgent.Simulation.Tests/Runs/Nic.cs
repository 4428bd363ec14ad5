namespace VfAgent.Simulation.Tests.Runs;

/// <summary>A NIC of the simulated host, and where it is now.</summary>
internal sealed class Nic
{
    private readonly int _position;

    public Nic(NicModel model, int position)
    {
        (Model, _position, Name) = (model, position, $"eth{Numbering.Plain.FirstNetdev + position}");
        Move(Numbering.Plain);
    }

    public NicModel Model { get; }

    /// <summary>Of its netdev; the last one while it has none.</summary>
    public string Name { get; private set; }

    public string Address { get; private set; } = "";

    public string Folder { get; private set; } = "";

    /// <summary>Not the agent, but somebody else has made its sriov_drivers_autoprobe what it is.</summary>
    public bool IsAutoprobeOthers { get; set; }

    /// <summary>Somebody else has once turned that off.</summary>
    public bool HadAutoprobeOff { get; set; }

    /// <summary>It may be in another slot, and its netdev have another name: somebody has renamed it, or it is a new one.</summary>
    public void Refresh(SimulatedWorld world)
    {
        Move(world.Numbering);
        if (world.Others.List($"{Folder}/net").Value?.FirstOrDefault(name => !IsRepresentor(world, name)) is { } uplink)
            Name = uplink;
    }

    private bool IsRepresentor(SimulatedWorld world, string netdev) =>
        world.Others.Read($"{Folder}/net/{netdev}/phys_port_name").Value?.Contains("vf", StringComparison.Ordinal) ?? false;

    private void Move(Numbering numbering)
    {
        Address = numbering.SlotOf(_position).ToString();
        Folder = $"/sys/bus/pci/devices/{Address}";
    }
}
