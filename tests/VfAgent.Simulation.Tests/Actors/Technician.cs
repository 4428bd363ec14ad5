using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>
/// Somebody who pulls NICs out and puts them back, takes their driver away and gives it back, and udev, which renames their netdevs late.
/// </summary>
internal sealed class Technician(Run run, Random random) : Actor(run, random)
{
    protected override string Name => "technician";

    protected override TimeSpan LongestPause { get; } = TimeSpan.FromMinutes(random.Of(2, 6));

    // What is missing when the calm begins comes back.
    public override void End()
    {
        foreach (Nic nic in Run.Truth.Nics)
            GiveBack(nic);
    }

    protected override void Act()
    {
        Nic nic = Random.Of<Nic>([.. Run.Truth.Nics]);
        if (!IsThere(nic) || Run.Truth.Driver(nic.Address) is null)
            GiveBack(nic);
        else if (Random.Chance(0.3))
            Rename(nic);
        else if (Random.Chance(0.2))
            Reload(nic.Model.PfDriver);
        else if (IsFree(nic))
            Take(nic, isPulled: Random.Chance(0.5));
    }

    // While a process has a VF open, whoever takes the VF away waits for it.
    private bool IsFree(Nic nic) => Run.Uses.All.All(use => use.Pid is null || use.Pf != nic.Address);

    // modprobe -r and modprobe: all NICs of the driver at once.
    private void Reload(string driver)
    {
        Nic[] own = [.. Run.Truth.Nics.Where(nic => nic.Model.PfDriver == driver && IsThere(nic) && Run.Truth.Driver(nic.Address) == driver)];
        if (!own.All(IsFree))
            return;

        foreach (Nic nic in own)
            Take(nic, isPulled: false);
    }

    private bool IsThere(Nic nic) => Run.World.Others.Exists(nic.Folder);

    // Soon or late it comes back by itself.
    private void Take(Nic nic, bool isPulled)
    {
        Run.Meddled(nic);
        Say(isPulled ? $"pulls {nic.Address} out" : $"takes the driver off {nic.Address}");
        if (Run.DefaultLink == nic.Name)
            Run.Route(null);
        if (isPulled)
            Run.World.Others.Unplug(PciAddress.Parse(nic.Address));
        else
            Run.World.Others.Write($"/sys/bus/pci/drivers/{nic.Model.PfDriver}/unbind", nic.Address);
        Run.After(Random.Between(TimeSpan.Zero, TimeSpan.FromMinutes(3)), () => GiveBack(nic));
    }

    private void GiveBack(Nic nic)
    {
        Run.Meddled(nic);
        if (!IsThere(nic))
        {
            Say($"puts {nic.Address} back");
            Run.World.Others.Replug(PciAddress.Parse(nic.Address));
        }
        else if (Run.Truth.Driver(nic.Address) is null)
        {
            Say($"gives {nic.Address} its driver back");
            Run.World.Others.Write($"/sys/bus/pci/drivers/{nic.Model.PfDriver}/bind", nic.Address);
        }

        nic.Refresh(Run.World);
        Run.Touch();
    }

    private void Rename(Nic nic)
    {
        bool isFirst = nic.Name.StartsWith("eth", StringComparison.Ordinal);
        Run.Meddled(nic);
        string name = isFirst ? $"ens{Random.Next(1, 9)}f0np{Random.Next(2)}" : $"eth{20 + Random.Next(9)}";
        Say($"renames {nic.Name} to {name}");
        if (Run.DefaultLink == nic.Name)
            Run.Route(null);
        Run.World.Others.Rename(PciAddress.Parse(nic.Address), name);
        nic.Refresh(Run.World);
    }
}
