namespace VfAgent.Simulation.Hardware;

/// <summary>Group numbers: each device alone in the lowest free one (ida), as where ACS separates every function.</summary>
internal sealed class IommuGroups(bool enabled, int first)
{
    private readonly SortedDictionary<int, PciDevice> _groups = [];

    // Below this every number is taken: asking for the lowest free one stays cheap with thousands of VFs.
    private int _lowestFree = first;

    public IEnumerable<int> Numbers => _groups.Keys;

    public PciDevice? Find(int group) => _groups.GetValueOrDefault(group);

    public void Add(PciDevice device)
    {
        if (!enabled)
            return;

        while (_groups.ContainsKey(_lowestFree))
            _lowestFree++;

        device.IommuGroup = _lowestFree;
        _groups.Add(_lowestFree, device);
    }

    public void Remove(PciDevice device)
    {
        if (device.IommuGroup is not { } group)
            return;

        _groups.Remove(group);
        _lowestFree = Math.Min(_lowestFree, group);
    }
}
