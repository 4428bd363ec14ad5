using System.Text;
using System.Text.Json.Nodes;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Tests.Agents;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>A runtime that starts containers on the networks it finds, as podman with sriov-cni does, and ends them in good order or not.</summary>
internal sealed class Containers(Run run, Random random) : Actor(run, random)
{
    private const string Results = "/var/lib/cni/results";

    private int _count;

    protected override string Name => "containers";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromSeconds(random.Of(5, 60));

    protected override void Act()
    {
        Use[] running = [.. Run.Uses.All.Where(use => use.Pid is null)];
        if (running.Length > 0 && Random.Chance(0.45))
            Leave.Of(Run, Random.Of<Use>(running), dies: Random.Chance(0.3));
        else
            Begin();
    }

    private void Begin()
    {
        (string Name, string Text)[] networks = [.. Run.Truth.Files(AgentSettings.ConflistDirectory).Where(file => Truth.Devices(file.Text).Any())];
        if (networks.Length == 0)
            return;

        (string file, string text) = Random.Of<(string, string)>(networks);
        string device = Truth.Devices(text).First();
        var vf = PciAddress.Parse(device);
        if (Run.Truth.PfOf(device) is not { } pf || Run.World.Others.List($"/sys/bus/pci/devices/{device}/net").Value is not [var netdev])
            return;

        string container = $"c{++_count}";
        string network = JsonNode.Parse(text)?["name"]?.GetValue<string>() ?? file;
        Say($"starts {container} on {network} with {device}");
        Run.World.Others.MoveToContainer(vf, container);
        string? record = Random.Chance(0.8) ? $"{Results}/{network}-{container}-eth1" : null;
        Run.Uses.Add(new Use(device, pf.Address, container, null, record, netdev, Run.Scheduler.Now));

        // The record comes when all of the container's networks are done.
        if (record is not null)
            Run.After(Random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)), () => Write(record, container, network, device));
    }

    private void Write(string record, string container, string network, string device)
    {
        if (!Run.Uses.All.Any(use => use.By == container))
            return;

        string config = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"name":"{{network}}","type":"sriov","deviceID":"{{device}}"}"""));
        Run.World.Disk.Put(record, $$"""
            {"kind":"cniCacheV1","containerId":"{{container}}","config":"{{config}}","ifName":"eth1","networkName":"{{network}}","netns":"/run/netns/{{container}}"}
            """);
        Run.Touch();
    }
}
