using System.Threading.Channels;

namespace VfAgent.Mqtt;

/// <summary>One slot: however often it is set, the one waiter wakes once and then looks for itself.</summary>
internal sealed class WakeSignal
{
    private readonly Channel<bool> _slot = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _slot.Writer.TryWrite(true);

    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _slot.Reader.ReadAsync(cancellationToken);
}
