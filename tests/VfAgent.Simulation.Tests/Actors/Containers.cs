using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>A runtime that starts containers on the networks it finds, as podman with sriov-cni does, and ends them in good order or not.</summary>
internal sealed class Containers(Run run, Random random) : Actor(run, random)
{
    private const string Interface = "eth1";

    private int _count;

    protected override string Name => "containers";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromSeconds(random.Of(5, 60));

    protected override void Act()
    {
        Use[] running = [.. Run.Uses.All.Where(use => use is { Pid: null, IsLeased: false })];
        if (running.Length > 0 && Random.Chance(0.45))
            Leave.Of(Run, Random.Of<Use>(running), dies: Random.Chance(0.3));
        else
            Begin();
    }

    private void Begin()
    {
        (string Name, string Text)[] networks =
        [
            .. Run.Truth.Files(AgentSettings.ConflistDirectory)
                .Where(file => !DurableFiles.IsTemporary(file.Name) && Truth.Devices(file.Text).Any() && !ConflistRenderer.IsPool(file.Text)),
        ];
        if (networks.Length == 0)
            return;

        (string file, string text) = Random.Of<(string, string)>(networks);
        string device = Truth.Devices(text).First();
        var vf = PciAddress.Parse(device);
        if (Run.Truth.PfOf(device) is not { } pf || Run.Uses.All.Any(use => use.Device == device))
            return;

        bool isVfio = Run.Truth.Driver(device) == "vfio-pci";
        string? netdev = Run.Truth.Netdev(device);
        if (netdev is null && !isVfio)
            return;

        string container = $"c{++_count}";
        string network = JsonNode.Parse(text)?["name"]?.GetValue<string>() ?? file;
        Say($"starts {container} on {network} with {device}");
        if (isVfio)
            Run.World.Others.AddNamespace(container);
        else
            Run.World.Others.MoveToContainer(vf, container);
        string? record = isVfio || Random.Chance(0.8) ? CniResult.PathOf(network, container, Interface) : null;
        Run.Uses.Add(new Use(device, pf.Address, container, null, record, isVfio ? null : netdev, isVfio ? TimeSpan.MaxValue : Run.Scheduler.Now));

        // Plugins set up the VF through its PF, and not all of them leave it as it was.
        if (Random.Chance(0.4) && Run.Truth.IfIndex(pf) is { } link)
            Configure(link, pf, device, isVfio);

        // The record comes when all of the container's networks are done.
        if (record is not null)
            Run.After(Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)), () => Write(record, container, network, device));
    }

    private void Configure(int link, Nic pf, string device, bool isVfio)
    {
        int index = Enumerable.Range(0, Run.Truth.NumVfs(pf)).First(vf => Run.Truth.Vf(pf, vf) == device);
        VfSetting setting = Random.Next(3) switch
        {
            0 => new VfMac($"02:00:00:00:{Random.Next(256):x2}:{Random.Next(256):x2}"),
            1 => new VfVlan(Random.Next(1, 4094), 0),
            _ => new VfTrust(Random.Chance(0.5)),
        };
        Say($"sets VF {index} of {pf.Name} {setting}");
        Run.World.Others.SetVf(link, index, setting);
        if (!isVfio && Random.Chance(0.3))
            Run.World.Others.ChangeInContainer(PciAddress.Parse(device), 1300, "02:00:00:00:00:13");
    }

    private void Write(string record, string container, string network, string device)
    {
        if (Run.Uses.All.FirstOrDefault(use => use.By == container) is not { } use)
            return;

        if (use.IsByRecordOnly)
        {
            Run.Uses.Remove(use);
            Run.Uses.Add(use with { Since = Run.Scheduler.Now });
        }

        string config = $$"""{"name":"{{network}}","type":"sriov","deviceID":"{{device}}"}""";
        Run.World.Disk.Put(record, CniResult.Of(network, container, Interface, config));
        Run.Touch();
    }
}
