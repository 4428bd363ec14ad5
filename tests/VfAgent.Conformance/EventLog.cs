using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Conformance;

/// <summary>What the kernel says from here on, one event a line: kind and device.</summary>
internal sealed class EventLog : IDisposable
{
    private readonly List<KernelEvent> _events = [];
    private readonly IDisposable _watch;

    public EventLog(IKernel kernel) => _watch = kernel.Watch(Add);

    /// <summary>
    /// Uevents of one device, in order. An event that comes several times in a row counts once: a netdev's queues come and go with it. Renames
    /// are left out, for they are udev's, which does them whenever it gets to it.
    /// </summary>
    public IReadOnlyList<string> Of(string device) =>
        Squeezed(Uevents().Where(e => e.Device?.ToString() == device).Select(e => $"{e.Kind}"));

    /// <summary>Uevents of the igb in slot 2 and its VFs, likewise.</summary>
    public IReadOnlyList<string> All() =>
        Squeezed(Uevents().Where(e => IsOurs(e.Device)).Select(e => $"{e.Kind} {e.Device}"));

    /// <param name="device">null for links that are no device's.</param>
    public int Links(string? device) => Events().Count(e => e.Kind == KernelEventKind.Link && e.Device?.ToString() == device);

    /// <summary>Every parent that was named for a device; which events name it depends on how soon they are read.</summary>
    public IReadOnlyList<string> ParentsOf(string device) =>
        [.. Events().Where(e => e.Device?.ToString() == device && e.Parent is not null).Select(e => $"{e.Parent}").Distinct()];

    public void Dispose() => _watch.Dispose();

    private static bool IsOurs(PciAddress? device) => device?.ToString().StartsWith("0000:02:", StringComparison.Ordinal) ?? false;

    private static List<string> Squeezed(IEnumerable<string> events)
    {
        List<string> squeezed = [];
        foreach (string line in events)
        {
            if (squeezed.Count == 0 || squeezed[^1] != line)
                squeezed.Add(line);
        }

        return squeezed;
    }

    private void Add(KernelEvent kernelEvent)
    {
        lock (_events)
            _events.Add(kernelEvent);
    }

    private IEnumerable<KernelEvent> Uevents() => Events().Where(e => e.Kind is not (KernelEventKind.Link or KernelEventKind.Route or KernelEventKind.Move));

    private KernelEvent[] Events()
    {
        lock (_events)
            return [.. _events];
    }
}
