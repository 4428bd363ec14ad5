namespace VfAgent.Simulation.Hardware;

/// <summary>Processes that hold a device open through vfio, as a virtual machine or DPDK does.</summary>
internal sealed class VfioUsers
{
    private int _lastPid = 4000;

    public SortedDictionary<int, VfioUser> ByPid { get; } = [];

    public int Open(PciDevice device, string process)
    {
        if (device.Driver is not { IsVfio: true } || device.IommuGroup is not { } group)
            throw new InvalidOperationException($"{device.Name} is not on {PciDriver.Vfio}");

        ByPid.Add(++_lastPid, new VfioUser(device, group, process));
        return _lastPid;
    }

    public void Close(int pid) => ByPid.Remove(pid);

    public bool IsOpen(PciDevice device) => ByPid.Values.Any(user => user.Device == device);
}

internal sealed record VfioUser(PciDevice Device, int Group, string Process)
{
    /// <summary>What it has open, by path.</summary>
    public IReadOnlyList<string> Files { get; } = [$"/dev/vfio/{Group}", "/dev/vfio/vfio"];
}
