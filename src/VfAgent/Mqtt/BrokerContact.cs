using System.Net;

namespace VfAgent.Mqtt;

/// <summary>Where the broker is, and whether it is there: what others need to know of the session. Written by the session, read by anybody.</summary>
/// <param name="moved">Called when the address has become known, or is another one, and when the broker is there again.</param>
internal sealed class BrokerContact(Action moved)
{
    private volatile IPAddress? _address;
    private volatile bool _isThere;
    private long _heard;

    /// <summary>The address of the newest connection, also when that is lost; null before the first, or when it is not known.</summary>
    public IPAddress? Address => _address;

    /// <summary>It has said something over a connection that has not ended.</summary>
    public bool IsThere => _isThere;

    /// <summary>Counts what it has said, over all connections: when it has grown since, the broker was within reach since.</summary>
    public long Heard => Interlocked.Read(ref _heard);

    public void Hear()
    {
        Interlocked.Increment(ref _heard);
        if (_isThere)
            return;

        _isThere = true;
        moved();
    }

    public void Lose() => _isThere = false;

    /// <summary>There is a connection.</summary>
    /// <param name="address">Of the broker; null when it is not known.</param>
    public void Reach(IPAddress? address)
    {
        // A socket that takes both families shows an IPv4 address as an IPv6 one, which no route would be found for.
        IPAddress? reached = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        if (Equals(reached, _address))
            return;

        _address = reached;
        moved();
    }
}
