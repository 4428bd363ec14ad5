using System.Net;

namespace VfAgent.Mqtt;

/// <summary>Whether the broker is there, and since when: what others need to know of the session. Written by the session, read by anybody.</summary>
internal sealed class BrokerContact
{
    private long _heard;
    private volatile IPAddress? _address;
    private volatile bool _isThere;

    /// <summary>Counts what has come from the broker, over all connections: when it has grown since, the broker has been reached since.</summary>
    public long Heard => Interlocked.Read(ref _heard);

    /// <summary>The address of the newest connection; null before the first, or when it is not known.</summary>
    public IPAddress? Address => _address;

    /// <summary>Something has come over a connection that has not ended.</summary>
    public bool IsThere => _isThere;

    public void Reach(IPAddress? address) => _address = address;

    public void Hear()
    {
        Interlocked.Increment(ref _heard);
        _isThere = true;
    }

    public void Lose() => _isThere = false;
}
