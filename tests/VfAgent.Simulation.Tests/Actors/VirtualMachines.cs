using VfAgent.Core.Observed;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>Processes that open VFs through vfio and close them: virtual machines, DPDK.</summary>
internal sealed class VirtualMachines(Run run, Random random) : Actor(run, random)
{
    protected override string Name => "machines";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromSeconds(random.Of(10, 90));

    protected override void Act()
    {
        Use[] open = [.. Run.Uses.All.Where(use => use is { Pid: not null, IsLeased: false })];
        if (open.Length > 0 && Random.Chance(0.5))
            Leave.Of(Run, Random.Of<Use>(open), dies: false);
        else
            Open();
    }

    private void Open()
    {
        string[] free = [.. Run.Truth.Nics.SelectMany(Run.Truth.Vfs).Where(vf => Run.Truth.Driver(vf) == "vfio-pci" && Run.Uses.All.All(use => use.Device != vf))];
        if (free.Length == 0)
            return;

        string device = Random.Of<string>(free);
        int pid = Run.World.Others.OpenVfio(PciAddress.Parse(device));
        Say($"process {pid} opens {device}");
        Run.Uses.Add(new Use(device, Run.Truth.PfOf(device)!.Address, $"process {pid}", pid, null, null, Run.Scheduler.Now));
    }
}
