using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>The embedded switches of NICs, as devlink shows them and as their drivers let them change.</summary>
internal sealed class Eswitches(Machine machine)
{
    private const string Bus = "pci/";

    /// <summary>ENODEV when the device is not there or its driver is not on devlink.</summary>
    public Errno? Find(string device, out PciDevice pf)
    {
        pf = null!;
        if (!device.StartsWith(Bus, StringComparison.Ordinal) || machine.Find(device[Bus.Length..]) is not { Nic.Eswitch: not null, Driver: not null } found ||
            found.Driver.IsVfio)
            return Errno.ENODEV;

        pf = found;
        return found.Sriov is null ? Errno.EOPNOTSUPP : null;
    }

    public (Errno Errno, string? Text)? Set(string device, EswitchMode mode)
    {
        if (Find(device, out PciDevice pf) is { } errno)
            return (errno, null);

        Sriov sriov = pf.Sriov!;
        if (sriov.Eswitch == mode)
            return null;

        switch (pf.Nic!.Eswitch)
        {
            case EswitchRule.WithoutVfs when sriov.NumVfs > 0:
                return (Errno.EOPNOTSUPP, "Changing eswitch mode is allowed only if there is no VFs created");
            case EswitchRule.WithUnboundVfs when sriov.Vfs.Values.Any(vf => vf.Driver is not null):
                return (Errno.EBUSY, "Can't change mode, E-Switch is busy");
            case EswitchRule.WithVfs when mode == EswitchMode.Switchdev && sriov.NumVfs == 0:
                return (Errno.EPERM, "Enable VFs before setting switchdev mode");
        }

        sriov.Eswitch = mode;
        if (mode == EswitchMode.Legacy)
            RemoveRepresentors(pf);
        else
        {
            foreach (int vf in sriov.Vfs.Keys)
                Represent(pf, vf);
        }

        return null;
    }

    /// <summary>A new VF gets its representor.</summary>
    public void Represent(PciDevice pf, int vf)
    {
        if (pf.Sriov is { Eswitch: EswitchMode.Switchdev } sriov)
            sriov.Representors.Add(vf, machine.Links.CreateRepresentor(pf, vf));
    }

    public void RemoveRepresentors(PciDevice pf)
    {
        foreach (Netdev representor in pf.Sriov?.Representors.Values ?? Enumerable.Empty<Netdev>())
            machine.Links.Remove(representor);
        pf.Sriov?.Representors.Clear();
    }

    /// <summary>The driver goes, and its mode with it.</summary>
    public static void Forget(PciDevice pf)
    {
        if (pf.Sriov is { } sriov)
            sriov.Eswitch = EswitchMode.Legacy;
    }
}
