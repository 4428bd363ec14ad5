using MQTTnet.Packets;

namespace VfAgent.Simulation.Tests.Broker;

/// <summary>One TCP connection: in each direction packets arrive in order, each after its delay.</summary>
internal sealed class Link(TimeProvider time, Func<TimeSpan> latency)
{
    public Pipe ToBroker { get; } = new(time, latency);

    public Pipe ToClient { get; } = new(time, latency);

    /// <summary>Both ends see the connection break; what is on the way is lost.</summary>
    public void Cut()
    {
        ToBroker.Reset();
        ToClient.Reset();
    }

    /// <summary>Nothing arrives any more at either end, and neither is told: a pulled cable.</summary>
    public void Mute()
    {
        ToBroker.Mute();
        ToClient.Mute();
    }
}

/// <summary>One direction of a connection.</summary>
internal sealed class Pipe
{
    private readonly Queue<(TimeSpan Due, MqttPacket? Packet)> _underWay = new();
    private readonly TimeProvider _time;
    private readonly Func<TimeSpan> _latency;
    private readonly ITimer _timer;
    private readonly long _begun;
    private TimeSpan _last;
    private bool _closed;
    private bool _mute;

    public Pipe(TimeProvider time, Func<TimeSpan> latency)
    {
        (_time, _latency, _begun) = (time, latency, time.GetTimestamp());
        _timer = time.CreateTimer(_ => Deliver(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gets each packet, and null when there will be no more.</summary>
    public Action<MqttPacket?> Arrived { get; set; } = _ => { };

    private TimeSpan Now => _time.GetElapsedTime(_begun);

    public void Send(MqttPacket packet)
    {
        if (!_closed)
            Add(packet);
    }

    /// <summary>The end, behind all that was sent.</summary>
    public void Close()
    {
        if (_closed)
            return;

        _closed = true;
        Add(null);
    }

    /// <summary>The end, instead of what was sent and has not arrived.</summary>
    public void Reset()
    {
        bool hasEnded = _closed && _underWay.Count == 0;
        _closed = true;
        _underWay.Clear();
        if (!hasEnded)
            Add(null);
    }

    public void Mute()
    {
        _mute = true;
        _underWay.Clear();
        _timer.Dispose();
    }

    private void Add(MqttPacket? packet)
    {
        if (_mute)
            return;

        TimeSpan due = Now + _latency();
        _last = due > _last ? due : _last;
        _underWay.Enqueue((_last, packet));
        if (_underWay.Count == 1)
            _timer.Change(_last - Now, Timeout.InfiniteTimeSpan);
    }

    private void Deliver()
    {
        while (_underWay.TryPeek(out (TimeSpan Due, MqttPacket? Packet) next))
        {
            if (next.Due > Now)
            {
                _timer.Change(next.Due - Now, Timeout.InfiniteTimeSpan);
                return;
            }

            _underWay.Dequeue();
            if (next.Packet is null)
                _timer.Dispose();

            Arrived(next.Packet);
        }
    }
}
