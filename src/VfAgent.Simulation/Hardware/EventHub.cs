using VfAgent.Core.Kernel;
using VfAgent.Simulation.Calls;

namespace VfAgent.Simulation.Hardware;

/// <summary>Hands events to the watchers whose process lives, in the order they happen.</summary>
internal sealed class EventHub
{
    private readonly CallGate _gate;
    private readonly List<Watcher> _watchers = [];

    public EventHub(CallGate gate) => _gate = gate;

    public IDisposable Watch(AgentProcess process, Action<KernelEvent> onEvent)
    {
        using CallGate.Scope scope = _gate.Enter();
        process.ThrowIfDead();
        var watcher = new Watcher(this, process, onEvent);
        _watchers.Add(watcher);
        return watcher;
    }

    /// <summary>The parent is known while the <c>physfn</c> link is there: not yet at a VF's add, no longer at its remove.</summary>
    public void Emit(KernelEventKind kind, PciDevice? device) =>
        Emit(new KernelEvent(kind, device?.Address, device is { IsLinked: true } ? device.PhysFn?.Address : null));

    private void Emit(KernelEvent kernelEvent)
    {
        _watchers.RemoveAll(watcher => watcher.Process.IsDead);
        foreach (Watcher watcher in _watchers.ToArray())
            watcher.OnEvent(kernelEvent);
    }

    private sealed class Watcher(EventHub hub, AgentProcess process, Action<KernelEvent> onEvent) : IDisposable
    {
        public AgentProcess Process { get; } = process;

        public Action<KernelEvent> OnEvent { get; } = onEvent;

        public void Dispose()
        {
            using CallGate.Scope scope = hub._gate.Enter();
            hub._watchers.Remove(this);
        }
    }
}
