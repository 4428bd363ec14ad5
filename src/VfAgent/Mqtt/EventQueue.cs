using System.Threading.Channels;

namespace VfAgent.Mqtt;

/// <summary>
/// Events that wait for the broker: the newest <see cref="Capacity"/>, each published once. A lost one is no harm to any state, and a reader
/// sees the gap in the events' sequence.
/// </summary>
internal sealed class EventQueue
{
    public const int Capacity = 256;

    private readonly Channel<OutboundMessage> _events;
    private readonly WakeSignal _changed;
    private long _dropped;

    public EventQueue(WakeSignal changed)
    {
        _changed = changed;
        _events = Channel.CreateBounded<OutboundMessage>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    public void Add(OutboundMessage message)
    {
        _events.Writer.TryWrite(message);
        _changed.Set();
    }

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out OutboundMessage? message) =>
        _events.Reader.TryRead(out message);

    /// <summary>How many were dropped since the last call.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);
}
