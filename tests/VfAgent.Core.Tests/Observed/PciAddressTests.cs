using VfAgent.Core.Observed;

namespace VfAgent.Core.Tests.Observed;

public sealed class PciAddressTests
{
    [Theory]
    [InlineData("0000:00:00.0")]
    [InlineData("0000:02:10.6")]
    [InlineData("ffff:ff:1f.7")]
    [InlineData("abcd:ef:0a.1")]
    public void Text_comes_back_as_it_was(string text) => Assert.Equal(text, PciAddress.Parse(text).ToString());

    [Fact]
    public void Upper_case_is_the_same_address() => Assert.Equal(PciAddress.Parse("00af:0b:1c.0"), PciAddress.Parse("00AF:0B:1C.0"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("02:00.0")]
    [InlineData("0000:02:00.8")]
    [InlineData("0000:02:20.0")]
    [InlineData("0000:02:00,0")]
    [InlineData("0000-02-00.0")]
    [InlineData("10000:02:00.0")]
    [InlineData("0000:02:00.0\n")]
    [InlineData(" 000:02:00.0")]
    [InlineData("-000:02:00.0")]
    [InlineData("0x00:02:00.0")]
    [InlineData("000\0:02:00.0")]
    [InlineData("0000:2\0:00.0")]
    public void Anything_else_is_no_address(string? text)
    {
        Assert.False(PciAddress.TryParse(text, out PciAddress address));
        Assert.Equal(default, address);
    }

    [Fact]
    public void Addresses_are_ordered_as_the_bus_is()
    {
        string[] ordered =
            ["0000:00:1f.7", "0000:02:00.0", "0000:02:00.1", "0000:02:10.0", "0000:0a:00.0", "0000:f0:00.0", "0001:00:00.0", "f000:00:00.0"];
        Assert.Equal(ordered, ordered.Reverse().Select(PciAddress.Parse).Order().Select(address => address.ToString()));
    }

    [Theory]
    [InlineData("""{"deviceID":"0000:02:10.0"}""", "0000:02:10.0")]
    [InlineData("0000:02:10.2, 0000:02:10.0 and 0000:02:10.2", "0000:02:10.2 0000:02:10.0")]
    [InlineData("/sys/bus/pci/devices/0000:AF:01.3/net", "0000:af:01.3")]
    [InlineData("pci-0000:02:10.0", "0000:02:10.0")]
    [InlineData("0000:02:10.0.", "0000:02:10.0")]
    public void Addresses_are_found_in_any_text(string text, string found) => Assert.Equal(found, Found(text));

    [Theory]
    [InlineData("MAC 00:00:00:01:03:01 and aa:bb:cc:dd:ee:ff")]
    [InlineData("InfiniBand 0000:0248:fe80:0000:0000:0000:0002:c903")]
    [InlineData("IPv6 2001:db8:0000:02:10::1/64, fe80::0000:02:10.0.0.1 and 64:ff9b:0:0:0000:02:10.0.0.1")]
    [InlineData("IPv4 10.0.0.1/24, 0000.02.10.0")]
    [InlineData("VMD 10000:02:10.0 and 0000:02:10.0:1")]
    [InlineData("0000:02:20.0 0000:02:10.8 0000:2:10.0")]
    public void Nothing_else_is_taken_for_one(string text) => Assert.Equal("", Found(text));

    [Fact]
    public void An_address_is_found_beside_what_is_none() =>
        Assert.Equal("0000:02:10.4", Found("""{"mac":"00:00:02:10:00:00","deviceID":"0000:02:10.4","ipam":{"address":"fd00:0000:02:10::4/64"}}"""));

    private static string Found(string text) => string.Join(' ', PciAddress.FindAll(text));
}
