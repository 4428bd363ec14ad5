using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests.Netlink;

/// <summary>Bytes as `strace -e sendto ip link …` shows them on a little-endian machine.</summary>
public sealed class NetlinkWriterTests
{
    [Fact]
    public void A_message_has_its_length_its_family_header_and_aligned_attributes()
    {
        var writer = new NetlinkWriter(stackalloc byte[64], type: 19, NetlinkFlags.Request | NetlinkFlags.Acknowledge);
        writer.Header(new LinkHeader { Index = 2, Flags = 1, Change = 1 });
        writer.UInt32(LinkAttribute.Mtu, 9000);
        writer.Bytes(LinkAttribute.Name, "eth0\0"u8);

        Assert.Equal(
            "34000000" + "1300" + "0500" + "00000000" + "00000000" +
            "00000000" + "02000000" + "01000000" + "01000000" +
            "0800" + "0400" + "28230000" +
            "0900" + "0300" + "6574683000000000",
            Convert.ToHexString(writer.Finish()));
    }

    [Fact]
    public void A_nested_attribute_spans_what_was_written_inside()
    {
        var writer = new NetlinkWriter(stackalloc byte[64], type: 16, NetlinkFlags.Request);
        int outer = writer.BeginNested(18);
        writer.Bytes(1, "veth"u8);
        int inner = writer.BeginNested(2);
        writer.Bytes(7, [0xff]);
        writer.EndNested(inner);
        writer.EndNested(outer);

        Assert.Equal(
            "28000000" + "1000" + "0100" + "00000000" + "00000000" +
            "1800" + "1280" +
            "0800" + "0100" + "76657468" +
            "0C00" + "0280" +
            "0500" + "0700" + "FF000000",
            Convert.ToHexString(writer.Finish()));
    }

    [Fact]
    public void Padding_is_zero_whatever_the_buffer_held()
    {
        byte[] buffer = [.. Enumerable.Repeat((byte)0xee, 32)];
        var writer = new NetlinkWriter(buffer, type: 0, NetlinkFlags.None);
        writer.Bytes(1, [1]);

        Assert.Equal("05000100" + "01000000", Convert.ToHexString(writer.Finish()[16..]));
    }

    [Fact]
    public void A_buffer_that_is_too_small_throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            var writer = new NetlinkWriter(new byte[20], type: 0, NetlinkFlags.None);
            writer.UInt32(1, 1);
        });
}
