using System.Net;

namespace VfAgent.Mqtt;

/// <summary>Where the broker is: what others need to know of the session. Written by the session, read by anybody.</summary>
/// <param name="moved">Called when the address has become known, or is another one.</param>
internal sealed class BrokerContact(Action moved)
{
    private volatile IPAddress? _address;

    /// <summary>The address of the newest connection, also when that is lost; null before the first, or when it is not known.</summary>
    public IPAddress? Address => _address;

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
