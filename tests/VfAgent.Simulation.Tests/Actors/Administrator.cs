using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>Another administrator, who does by hand what the agent does, and does not ask it.</summary>
internal sealed class Administrator(Run run, Random random) : Actor(run, random)
{
    private int _count;

    protected override string Name => "administrator";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromSeconds(random.Of(20, 120, 300));

    protected override void Act()
    {
        Nic nic = Random.Of<Nic>([.. Run.Truth.Nics]);
        switch (Random.Next(8))
        {
            case 0:
                Write(nic, $"{nic.Folder}/sriov_numvfs", "0");
                break;
            case 1:
                Write(nic, $"{nic.Folder}/sriov_numvfs", $"{Random.Next(1, 5)}");
                break;
            case 2 when AnyVf(nic) is { } vf && Run.Truth.Driver(vf) is { } driver:
                Write(nic, $"/sys/bus/pci/drivers/{driver}/unbind", vf);
                break;
            case 3:
                Write(nic, $"{nic.Folder}/net/{nic.Name}/mtu", Random.Of("1500", "9000", "1400"));
                break;
            case 4:
                RemoveConflist();
                break;
            case 5:
                EditConflist();
                break;
            case 6:
                TurnAutoprobe(nic, isOff: Random.Chance(0.7));
                break;
            default:
                NameVf(nic);
                break;
        }
    }

    private string? AnyVf(Nic nic) => Run.Truth.Vfs(nic).ToArray() is { Length: > 0 } vfs ? Random.Of<string>(vfs) : null;

    // A write may wait for somebody who has a VF open.
    private void Write(Nic nic, string path, string value)
    {
        Say($"writes {value} to {path}");
        Run.Meddled(nic);
        _ = Run.World.Others.RunAsync(() => Run.World.Others.Write(path, value));
    }

    // No event tells of it.
    private void TurnAutoprobe(Nic nic, bool isOff)
    {
        bool isChange = Run.Truth.IsAutoprobeOff(nic) != isOff;
        Write(nic, $"{nic.Folder}/sriov_drivers_autoprobe", isOff ? "0" : "1");
        nic.IsAutoprobeOthers |= isChange;
        nic.HadAutoprobeOff |= isChange && isOff;
    }

    private void RemoveConflist()
    {
        if (Conflist() is not { } name)
            return;

        Say($"removes {name}");
        Run.World.Disk.Remove(name);
    }

    private void EditConflist()
    {
        if (Conflist() is not { } name)
            return;

        Say($"edits {name}");
        Run.World.Disk.Put(name, Run.World.Disk.Look(name)!.Text + "\n");
    }

    // A network of the administrator's own, with a VF or the name of one of the agent's networks, or both.
    private void NameVf(Nic nic)
    {
        string network = Random.Chance(0.2) ? $"a{Random.Next(1, 7)}" : $"own{++_count}";
        string device = AnyVf(nic) ?? nic.Address;
        string path = $"{AgentSettings.ConflistDirectory}/50-{network}.conflist";
        if (Run.Truth.Files(AgentSettings.ConflistDirectory).Any(file => file.Text.Contains(device, StringComparison.Ordinal)))
            return;

        Say($"writes {path} with {device}");
        Run.World.Disk.Put(path, $$"""{"name":"{{network}}","cniVersion":"1.0.0","plugins":[{"type":"sriov","deviceID":"{{device}}"}]}""");
    }

    private string? Conflist() => Run.World.Disk.Files(AgentSettings.ConflistDirectory) is { Count: > 0 } files ? Random.Of<string>([.. files]) : null;
}
