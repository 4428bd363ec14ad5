using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Calls;

namespace VfAgent.Simulation.Hardware;

/// <summary>Makes and removes VFs as drivers/pci/iov.c and the PF drivers do.</summary>
internal sealed class VirtualFunctions(Machine machine, Random random)
{
    /// <summary>A write to <c>sriov_numvfs</c> (sriov_numvfs_store); <paramref name="most"/> is what the driver can do today.</summary>
    public Errno? WriteNumVfs(PciDevice pf, string value, int most)
    {
        Sriov sriov = pf.Sriov!;
        if (!KernelText.TryParseUnsigned(value, ushort.MaxValue, out int count))
            return Errno.EINVAL;

        if (count > pf.TotalVfs)
            return Errno.ERANGE;

        if (sriov.IsRemoving && count > 0)
            throw new SimulatedHang();

        if (count == sriov.NumVfs)
            return null;

        // A PF on vfio-pci or without driver has nobody to configure it.
        if (pf.Driver is null or { IsVfio: true })
            return Errno.ENOENT;

        if (count > 0 && sriov.NumVfs > 0)
            return Errno.EBUSY;

        if (pf is { Nic.IgnoresVfsWhileDown: true, Netdev.Up: false })
            return null;

        if (count == 0)
            Disable(pf);
        else
            Enable(pf, Math.Min(count, most));

        if (pf is { Nic.ResetsPf: true, Netdev: { } netdev })
            machine.Links.Reset(netdev);

        return null;
    }

    /// <summary>Removes all VFs, by index. Blocks at the first one that is open through vfio; those before it are gone by then.</summary>
    public void Disable(PciDevice pf)
    {
        if (pf.Sriov is not { NumVfs: > 0 } sriov)
            return;

        sriov.Changes++;
        sriov.IsRemoving = true;
        machine.Eswitches.RemoveRepresentors(pf);
        foreach (PciDevice vf in sriov.Vfs.Values.ToList())
        {
            // pci_iov_remove_virtfn takes the links first, and everything after it happens without them.
            vf.IsLinked = false;
            machine.Drivers.Detach(vf);
            sriov.Vfs.Remove(vf.VfIndex);
            machine.Remove(vf);
        }

        (sriov.NumVfs, sriov.IsRemoving) = (0, false);
        sriov.Settings.Clear();
    }

    private void Enable(PciDevice pf, int count)
    {
        Sriov sriov = pf.Sriov!;
        sriov.NumVfs = count;
        sriov.Settings.AddRange(Enumerable.Range(0, count).Select(index => new VfSettings(index)));
        int change = ++sriov.Changes;
        int[] order = [.. Enumerable.Range(0, count)];
        if (machine.Options.ShuffleVfs)
            random.Shuffle(order);

        for (int position = 0; position < count; position++)
        {
            bool isLast = position == count - 1;
            int index = order[position];
            machine.Agenda.After(machine.Options.VfDelay * (position + 1), () =>
            {
                if (sriov.Changes != change)
                    return;

                Appear(pf, index);
                if (isLast)
                    machine.Events.Emit(KernelEventKind.Change, pf);
            });
        }
    }

    private void Appear(PciDevice pf, int index)
    {
        NicModel nic = pf.Nic!;
        var vf = new PciDevice(AddressOf(pf, index)) { Vendor = nic.Vendor, Device = nic.VfDevice, Nic = nic, PhysFn = pf, VfIndex = index };
        machine.Add(vf);
        machine.Events.Emit(KernelEventKind.Add, vf);
        vf.IsLinked = true;
        pf.Sriov!.Vfs.Add(index, vf);
        machine.Eswitches.Represent(pf, index);
        machine.Events.Emit(KernelEventKind.Change, vf);
        machine.Agenda.After(machine.Options.NetdevDelay, () => Probe(vf));
    }

    private void Probe(PciDevice vf)
    {
        if (machine.Find(vf.Name) != vf)
            return;

        // udev loads the module by the device's modalias; loading it probes all that wait for it.
        if (machine.Modules.IsAvailable(vf.Nic!.VfDriver))
            machine.Modules.Load(vf.Nic.VfDriver);

        machine.Drivers.Probe(vf);
    }

    // VFs beyond the PF's bus spill over to the next one.
    private static PciAddress AddressOf(PciDevice pf, int index)
    {
        int routingId = Machine.RoutingIdOf(pf.Address) + pf.Nic!.VfOffset + index * pf.Nic.VfStride;
        return PciAddress.Parse($"0000:{routingId >> 8:x2}:{(routingId >> 3) & 0x1f:x2}.{routingId & 7}");
    }
}
