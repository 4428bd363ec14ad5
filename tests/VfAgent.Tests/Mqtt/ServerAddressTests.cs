using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("mqtt://localhost:1883", "mqtt://localhost:1883")]
    [InlineData("mqtt://broker", "mqtt://broker:1883")]
    [InlineData("mqtts://broker", "mqtts://broker:8883")]
    [InlineData("mqtts://broker/", "mqtts://broker:8883")]
    [InlineData("ws://broker", "ws://broker:80/mqtt")]
    [InlineData("wss://broker", "wss://broker:443/mqtt")]
    [InlineData("wss://broker:8443/a/b?c=d", "wss://broker:8443/a/b?c=d")]
    [InlineData("MQTT://192.0.2.1:11883", "mqtt://192.0.2.1:11883")]
    [InlineData("mqtt://[2001:db8::1]:1884", "mqtt://[2001:db8::1]:1884")]
    public void Ports_and_paths_have_defaults(string text, string full)
    {
        Assert.True(ServerAddress.TryParse(text, out ServerAddress? address));
        Assert.Equal(full, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("broker")]
    [InlineData("broker:1883")]
    [InlineData("http://broker")]
    [InlineData("mqtt://")]
    [InlineData("mqtt://broker:0")]
    [InlineData("mqtt://broker:70000")]
    [InlineData("mqtt://broker/path")]
    [InlineData("mqtt://user:secret@broker")]
    [InlineData("ws://broker/mqtt#x")]
    public void Anything_else_is_no_address(string text) => Assert.False(ServerAddress.TryParse(text, out _));

    [Fact]
    public void An_IPv6_host_has_no_brackets()
    {
        Assert.True(ServerAddress.TryParse("mqtts://[::1]", out ServerAddress? address));
        Assert.Equal("::1", address.Host);
    }
}
