using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Reconcile;

/// <summary>What kernel events have said since the loop last looked. Filled on the kernel side's thread, emptied on the loop's.</summary>
internal sealed class KernelChanges(Action changed)
{
    private readonly Lock _gate = new();
    private HashSet<PciAddress> _devices = [];
    private ImmutableHashSet<PciAddress> _linked = [];
    private bool _routes;
    private bool _everything;

    public void Note(KernelEvent kernelEvent)
    {
        lock (_gate)
        {
            // A VF that is gone has no physfn link any more, so its event only names itself; the PF's own events and its netdev's
            // come with it, and a device that is no PF of ours costs a look at a set.
            if (kernelEvent.Kind == KernelEventKind.Overrun)
                _everything = true;
            else if (kernelEvent.Kind == KernelEventKind.Route)
                _routes = true;
            else if ((kernelEvent.Parent ?? kernelEvent.Device) is { } device)
                _devices.Add(device);

            if (kernelEvent is { Kind: KernelEventKind.Link, Device: { } linked })
                _linked = _linked.Add(linked);
            else if (kernelEvent is { Kind: KernelEventKind.Unbind, Device: { } unbound })
                _linked = _linked.Remove(unbound);
        }

        changed();
    }

    /// <summary>
    /// Devices that have had a netdev since they got their driver. Where none is to be seen any more it is not still to come: a container was quicker
    /// to take it than the loop to look.
    /// </summary>
    public ImmutableHashSet<PciAddress> Linked
    {
        get
        {
            lock (_gate)
                return _linked;
        }
    }

    public (IReadOnlySet<PciAddress> Devices, bool Routes, bool Everything) Take()
    {
        lock (_gate)
        {
            var taken = (_devices, _routes, _everything);
            (_devices, _routes, _everything) = ([], false, false);
            return taken;
        }
    }
}
