using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests.Netlink;

public sealed class NetlinkReaderTests
{
    [Fact]
    public void Messages_of_one_datagram_are_read_one_after_another()
    {
        var reader = new NetlinkReader([.. Message(1, [0xaa]), 0, 0, 0, .. Message(2, [])]);

        Assert.True(reader.TryRead(out NetlinkMessage first));
        Assert.Equal((1, "AA"), (first.Type, Convert.ToHexString(first.Payload)));
        Assert.True(reader.TryRead(out NetlinkMessage second));
        Assert.Equal((2, ""), (second.Type, Convert.ToHexString(second.Payload)));
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.Malformed);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("0000000010000000000000000000000000")] // says it is 0 bytes long
    [InlineData("0F000000100000000000000000000000")] // shorter than its own header
    [InlineData("11000000100000000000000000000000")] // one byte longer than the datagram
    [InlineData("FFFFFFFF100000000000000000000000")]
    [InlineData("10000080100000000000000000000000")] // negative, were it signed
    public void A_length_that_does_not_fit_ends_the_reading(string hex)
    {
        var reader = new NetlinkReader(Convert.FromHexString(hex));

        Assert.False(reader.TryRead(out _));
        Assert.True(reader.Malformed);
        Assert.False(reader.TryRead(out _));
    }

    [Theory]
    [InlineData("", 0, false)]
    [InlineData("04000100", 1, false)]
    [InlineData("05000100FF", 1, false)] // the last padding may be missing
    [InlineData("0500010011000000" + "0600020022330000", 2, false)]
    [InlineData("0400", 0, true)]
    [InlineData("00000100", 0, true)] // would never end
    [InlineData("03000100", 0, true)]
    [InlineData("0400010009000200FFFFFFFF", 1, true)] // one byte past the end
    [InlineData("FFFF0100", 0, true)]
    public void Attributes_are_read_until_one_does_not_fit(string hex, int expected, bool malformed)
    {
        var attributes = new AttributeReader(Convert.FromHexString(hex));
        int count = 0;
        while (attributes.Next())
            count++;

        Assert.Equal((expected, malformed), (count, attributes.Malformed));
    }

    [Fact]
    public void The_flags_that_share_the_type_field_are_no_part_of_the_type()
    {
        var attributes = new AttributeReader([4, 0, 18, 0x80]);

        Assert.True(attributes.Next());
        Assert.Equal(18, attributes.Type);
    }

    [Fact]
    public void A_payload_shorter_than_the_family_header_has_no_attributes()
    {
        var reader = new NetlinkReader(Message(16, new byte[15]));

        Assert.True(reader.TryRead(out NetlinkMessage message));
        Assert.False(message.TryReadHeader(out LinkHeader _, out AttributeReader attributes));
        Assert.False(attributes.Next());
    }

    private static byte[] Message(byte type, byte[] payload) =>
        [(byte)(16 + payload.Length), 0, 0, 0, type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. payload];
}
