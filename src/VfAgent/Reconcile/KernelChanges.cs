using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Reconcile;

/// <summary>What kernel events have said since the loop last looked. Filled on the kernel side's thread, emptied on the loop's.</summary>
internal sealed class KernelChanges(Action changed)
{
    private readonly Lock _gate = new();
    private HashSet<PciAddress> _devices = [];
    private bool _everything;

    public void Note(KernelEvent kernelEvent)
    {
        lock (_gate)
        {
            // A VF that is gone has no physfn link any more, so its event only names itself; the PF's own events and its netdev's
            // come with it, and a device that is no PF of ours costs a look at a set.
            if (kernelEvent.Kind == KernelEventKind.Overrun)
                _everything = true;
            else if ((kernelEvent.Parent ?? kernelEvent.Device) is { } device)
                _devices.Add(device);
        }

        changed();
    }

    public (IReadOnlySet<PciAddress> Devices, bool Everything) Take()
    {
        lock (_gate)
        {
            var taken = (_devices, _everything);
            (_devices, _everything) = ([], false);
            return taken;
        }
    }
}
