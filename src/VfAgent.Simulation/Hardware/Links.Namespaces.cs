using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>Links go into containers and come back.</summary>
internal sealed partial class Links
{
    /// <summary>The network namespaces of containers.</summary>
    public Namespaces Namespaces { get; } = new();

    /// <summary>do_setlink moves a link first, under the name it has if that is free there, and renames it then.</summary>
    /// <param name="netdev">Which.</param>
    /// <param name="container">Where to; null for the host.</param>
    /// <param name="name">As what; <c>eth%d</c> for the first that is free.</param>
    public Errno? Move(Netdev netdev, string? container, string name)
    {
        if (netdev.Container == container)
            return netdev.Name == name || Rename(netdev, name) ? null : Errno.EEXIST;

        string[] taken = [.. In(container).Select(other => other.Name)];
        if (name == "eth%d")
            name = Enumerable.Range(0, int.MaxValue).Select(number => $"eth{number}").First(free => !taken.Contains(free, StringComparer.Ordinal));

        bool isTaken = taken.Contains(name, StringComparer.Ordinal);
        if (isTaken && taken.Contains(netdev.Name, StringComparer.Ordinal))
            return Errno.EEXIST;

        if (container is null)
            MoveToHost(netdev, isTaken ? netdev.Name : name);
        else
            MoveToContainer(netdev, container, isTaken ? netdev.Name : name);
        return isTaken ? Errno.EEXIST : null;
    }

    public void MoveToContainer(Netdev netdev, string container, string name)
    {
        if (netdev.Container is null)
        {
            _host.Remove(netdev.Name);
            events.Emit(KernelEventKind.Remove, netdev.Device);
        }
        else if (netdev.Container != container)
        {
            Leave(netdev);
        }

        // dev_change_net_namespace closes the link, and takes it from what it is a part of.
        (netdev.Container, netdev.Name, netdev.Up, netdev.Upper) = (container, name, false, null);
        netdev.Addresses.Clear();
        Namespaces.Get(container);
    }

    /// <summary>default_device_exit_net: hardware goes back to the host, as dev and its index if its name is taken there.</summary>
    public void Close(string container)
    {
        foreach (Netdev netdev in _byIndex.Values.Where(netdev => netdev.Container == container).ToArray())
            MoveToHost(netdev, _host.ContainsKey(netdev.Name) ? $"dev{netdev.Index}" : netdev.Name);

        Namespaces.Remove(container);
    }

    public void MoveToHost(Netdev netdev, string name)
    {
        if (netdev.Container is null)
            throw new InvalidOperationException($"{netdev.Name} is in no container");

        Leave(netdev);
        netdev.Name = _host.ContainsKey(name) ? LowestFreeName() : name;
        (netdev.Container, netdev.Up) = (null, false);
        netdev.Addresses.Clear();
        _host.Add(netdev.Name, netdev);
        events.Emit(KernelEventKind.Add, netdev.Device);
        events.Emit(KernelEventKind.Link, netdev.Device);
    }

    private void Leave(Netdev netdev)
    {
        string container = netdev.Container!;
        Namespaces.Find(container)?.Routes.RemoveAll(route => route.Via == netdev.Index);
        Namespaces.Left(container, _byIndex.Values.All(other => other == netdev || other.Container != container));
    }
}
