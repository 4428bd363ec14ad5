using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Calls;
using VfAgent.Simulation.Hardware;

namespace VfAgent.Simulation;

/// <summary>
/// What others do on the host: runtimes, virtual machines, people at the rack. None of it is the agent's, so none of it is counted, logged or meets
/// a fault, and it works while the agent is dead. An administrator needs no method, but calls what the agent calls, on
/// <see cref="SimulatedWorld.Others"/>. Asking for the impossible is a
/// bug in the caller and throws.
/// </summary>
public sealed partial class SimulatedKernel
{
    /// <summary>A CNI plugin moves a VF's netdev into a container, where it has another name if one is given.</summary>
    public void MoveToContainer(PciAddress vf, string container, string? name = null)
    {
        using CallGate.Scope scope = _gate.Enter();
        Netdev netdev = NetdevOf(vf);
        Machine.Links.MoveToContainer(netdev, container, name ?? netdev.Name);
    }

    /// <summary>The netdev comes back, under this name or the one it had in the container; as the next free ethN when that is taken.</summary>
    public void MoveToHost(PciAddress vf, string? name = null)
    {
        using CallGate.Scope scope = _gate.Enter();
        Netdev netdev = NetdevOf(vf);
        Machine.Links.MoveToHost(netdev, name ?? netdev.Name);
    }

    /// <summary>
    /// A container begins that gets a device and no netdev of ours, such as a VF on vfio-pci; all there is to see of it is its network namespace.
    /// </summary>
    public void AddNamespace(string container)
    {
        using CallGate.Scope scope = _gate.Enter();
        Machine.Links.Namespaces.Add(container);
    }

    /// <summary>That container ends; what it still has comes back to the host.</summary>
    public void RemoveNamespace(string container)
    {
        using CallGate.Scope scope = _gate.Enter();
        Machine.Links.Close(container);
    }

    /// <summary>What a container's links are set up for, in the words of <c>ip</c>: addresses, then routes.</summary>
    public IReadOnlyList<string> NetworkOf(string container)
    {
        using CallGate.Scope scope = _gate.Look();
        return
        [
            .. Machine.Links.In(container).SelectMany(netdev => netdev.Addresses.Select(own => $"{netdev.Name} {own.Address}/{own.PrefixLength}")),
            .. Machine.Links.Namespaces.Find(container)?.Routes.Select(route => route.Wanted.ToString()) ?? [],
        ];
    }

    /// <summary>udev, or an administrator, gives a device's netdev another name; nothing happens when that is taken, or it has none here.</summary>
    public void Rename(PciAddress device, string name)
    {
        using CallGate.Scope scope = _gate.Enter();
        if (Machine.Get(device).Netdev is { } netdev)
            Machine.Links.Rename(netdev, name);
    }

    /// <summary>udev, or an administrator, gives a device's netdev a name beside its own.</summary>
    public void AddAlternativeName(PciAddress device, string name)
    {
        using CallGate.Scope scope = _gate.Enter();
        NetdevOf(device).AlternativeNames.Add(name);
    }

    /// <summary>An administrator leads the default route over a link; null takes it away.</summary>
    public void SetDefaultRoute(string? link)
    {
        using CallGate.Scope scope = _gate.Enter();
        if (Machine.Routes.DefaultLink == link)
            return;

        Machine.Routes.DefaultLink = link;
        _events.Emit(KernelEventKind.Route, null);
    }

    /// <summary>An administrator makes a link part of a bond or bridge; null takes it from that.</summary>
    public void Enslave(string link, string? upper)
    {
        using CallGate.Scope scope = _gate.Enter();
        Machine.Links.Enslave(Machine.Links.Find(link) ?? throw new InvalidOperationException($"there is no link {link}"), upper);
    }

    /// <summary>A container changes the VF's netdev that it has.</summary>
    public void ChangeInContainer(PciAddress vf, int mtu, string mac)
    {
        using CallGate.Scope scope = _gate.Enter();
        Netdev netdev = NetdevOf(vf);
        if (netdev.Container is null)
            throw new InvalidOperationException($"{netdev.Name} is in no container");

        (netdev.Mtu, netdev.Mac) = (mtu, mac);
    }

    /// <summary>A process opens a device that is bound to vfio-pci. Until it closes it, nothing can take the device away.</summary>
    /// <returns>Its pid: <c>/proc/{pid}/fd</c> shows the group.</returns>
    public int OpenVfio(PciAddress device, string process = "qemu-system-x86")
    {
        using CallGate.Scope scope = _gate.Enter();
        return Machine.VfioUsers.Open(Machine.Get(device), process);
    }

    /// <summary>The process ends or closes the device; what waited for that goes on at once.</summary>
    public void CloseVfio(int pid)
    {
        using CallGate.Scope scope = _gate.Enter();
        Machine.VfioUsers.Close(pid);
        _gate.Retry();
    }

    /// <summary>A NIC is pulled out; when one of its VFs is open through vfio, it is gone when that ends.</summary>
    public void Unplug(PciAddress pf)
    {
        using CallGate.Scope scope = _gate.Enter();
        Machine machine = Machine;
        PciDevice device = machine.Get(pf);
        _gate.DoWhenPossible(() =>
        {
            machine.Drivers.Detach(device);
            machine.Remove(device);
        });
    }

    /// <summary>The same NIC is put back into its slot.</summary>
    public void Replug(PciAddress pf)
    {
        using CallGate.Scope scope = _gate.Enter();
        Machine.Replug(pf);
    }

    /// <summary>The watchers could not keep up (ENOBUFS).</summary>
    public void LoseEvents()
    {
        using CallGate.Scope scope = _gate.Enter();
        _events.Emit(KernelEventKind.Overrun, null);
    }

    private Netdev NetdevOf(PciAddress device) =>
        Machine.Get(device).Netdev ?? throw new InvalidOperationException($"{device} has no netdev");
}
