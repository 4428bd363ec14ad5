using System.Net;
using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class BrokerContactTests
{
    [Fact]
    public void An_IPv4_address_is_one_whatever_socket_shows_it()
    {
        var contact = new BrokerContact(() => { });

        contact.Reach(IPAddress.Parse("::ffff:192.0.2.7"));

        Assert.Equal(IPAddress.Parse("192.0.2.7"), contact.Address);
    }

    [Fact]
    public void Only_another_address_is_told()
    {
        int moved = 0;
        var contact = new BrokerContact(() => moved++);

        contact.Reach(IPAddress.Parse("192.0.2.7"));
        contact.Reach(IPAddress.Parse("::ffff:192.0.2.7"));
        Assert.Equal(1, moved);

        contact.Reach(IPAddress.Parse("2001:db8::7"));
        Assert.Equal(2, moved);
    }
}
