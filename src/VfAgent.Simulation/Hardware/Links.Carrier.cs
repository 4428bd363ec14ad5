using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>Links go up and down, and have a carrier a while later.</summary>
internal sealed partial class Links
{
    public void SetUp(Netdev netdev, bool up)
    {
        if (up == netdev.Up)
            return;

        netdev.Up = up;
        if (up)
            Open(netdev);

        SetCarrierLate(netdev);
    }

    /// <summary>The device is reset: a link that is up loses its carrier for a while.</summary>
    public void Reset(Netdev netdev)
    {
        if (!netdev.Up)
            return;

        Open(netdev);
        SetCarrierLate(netdev);
    }

    // igb_open sets the number of queues. Their folders raise uevents, which look as if they were the device's.
    private void Open(Netdev netdev)
    {
        if (netdev.Device is not { Nic.QueuesFollowVfs: true, Sriov: { } sriov } pf)
            return;

        int before = netdev.Queues;
        netdev.Queues = sriov.NumVfs > 0 ? 1 : 2;
        if (netdev.Queues != before)
            events.Emit(netdev.Queues < before ? KernelEventKind.Remove : KernelEventKind.Add, pf);
    }

    private void SetCarrierLate(Netdev netdev)
    {
        int change = ++netdev.CarrierChanges;
        netdev.Carrier = false;
        Tell(netdev);
        if (!netdev.Up || netdev.Device?.PhysFn is not null)
            return;

        agenda.After(options.CarrierDelay, () =>
        {
            if (netdev.CarrierChanges != change || Find(netdev.Index) != netdev)
                return;

            netdev.Carrier = true;
            events.Emit(KernelEventKind.Link, netdev.Device);
        });
    }
}
