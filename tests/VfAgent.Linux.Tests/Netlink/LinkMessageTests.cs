using VfAgent.Core.Kernel;
using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests.Netlink;

public sealed class LinkMessageTests
{
    [Fact]
    public void Every_part_that_the_agent_reads_is_read()
    {
        Link link = Parse(Golden())!;

        Assert.Equal(["enp1s0v0", "vf0"], link.AlternativeNames);
        Assert.Equal(
            new Link(4, "eth0", link.AlternativeNames, "ee:3b:a3:ee:55:35", 1500, 68, int.MaxValue, Up: true, "lowerlayerdown") { ParentDevice = "0000:01:10.0" },
            link);
    }

    [Fact]
    public void A_link_without_an_address_has_an_empty_mac()
    {
        byte[] message = Message(static (ref NetlinkWriter writer) => writer.Bytes(LinkAttribute.Name, "tun0\0"u8));

        Assert.Equal("", Parse(message)?.Mac);
    }

    [Fact]
    public void An_operstate_of_a_newer_kernel_is_unknown()
    {
        byte[] message = Message(static (ref NetlinkWriter writer) =>
        {
            writer.Bytes(LinkAttribute.Name, "eth0\0"u8);
            writer.Bytes(LinkAttribute.OperState, [99]);
        });

        Assert.Equal("unknown", Parse(message)?.OperState);
    }

    [Fact]
    public void A_number_that_is_too_short_spoils_the_message()
    {
        byte[] message = Message(static (ref NetlinkWriter writer) =>
        {
            writer.Bytes(LinkAttribute.Name, "eth0\0"u8);
            writer.Bytes(LinkAttribute.Mtu, [1, 2, 3]);
        });

        Assert.Null(Parse(message));
    }

    [Fact]
    public void A_nested_attribute_longer_than_its_parent_spoils_the_message()
    {
        byte[] message = Message(static (ref NetlinkWriter writer) =>
        {
            writer.Bytes(LinkAttribute.Name, "eth0\0"u8);
            writer.Bytes(LinkAttribute.PropertyList, [200, 0, 53, 0, (byte)'x', 0]);
        });

        Assert.Null(Parse(message));
    }

    [Fact]
    public void A_message_cut_anywhere_is_no_link()
    {
        byte[] golden = Golden();
        for (int length = 0; length < golden.Length; length++)
            Assert.Null(Parse(golden.AsSpan(0, length)));
    }

    [Fact]
    public void A_message_cut_anywhere_whose_header_agrees_is_a_link_only_at_the_end_of_an_attribute()
    {
        byte[] golden = Golden();
        var whole = new List<int>();
        for (int length = 0; length < golden.Length; length++)
        {
            byte[] cut = golden[..length];
            if (cut.Length >= sizeof(int))
                BitConverter.TryWriteBytes(cut, length);
            if (Parse(cut) is not null)
                whole.Add(length);
        }

        // The name ends at 41, then come three bytes of padding (which may be missing), the address, three
        // numbers, the state, the list, the parent.
        Assert.Equal([41, 42, 43, 44, 54, 55, 56, 64, 72, 80, 85, 86, 87, 88, 116, 133, 134, 135], whole);
    }

    [Fact]
    public void Hostile_bytes_neither_throw_nor_hang()
    {
        var random = new Random(1);
        byte[] golden = Golden();
        int links = 0;
        for (int round = 0; round < 100_000; round++)
        {
            byte[] bytes = [.. golden];
            for (int change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            links += Parse(bytes.AsSpan(0, random.Next(bytes.Length + 1))) is null ? 0 : 1;
        }

        Assert.InRange(links, 1, 99_999);
    }

    private delegate void Fill(ref NetlinkWriter writer);

    private static byte[] Message(Fill fill)
    {
        var writer = new NetlinkWriter(stackalloc byte[256], LinkMessage.Type, NetlinkFlags.None);
        writer.Header(new LinkHeader { Index = 4, Flags = 0x1003 });
        fill(ref writer);
        return writer.Finish().ToArray();
    }

    private static byte[] Golden() => Message(static (ref NetlinkWriter writer) =>
    {
        writer.Bytes(LinkAttribute.Name, "eth0\0"u8);
        writer.Bytes(LinkAttribute.Address, [0xee, 0x3b, 0xa3, 0xee, 0x55, 0x35]);
        writer.UInt32(LinkAttribute.Mtu, 1500);
        writer.UInt32(LinkAttribute.MinMtu, 68);
        writer.UInt32(LinkAttribute.MaxMtu, uint.MaxValue);
        writer.Bytes(LinkAttribute.OperState, [3]);
        int list = writer.BeginNested(LinkAttribute.PropertyList);
        writer.Bytes(LinkAttribute.AlternativeName, "enp1s0v0\0"u8);
        writer.Bytes(LinkAttribute.AlternativeName, "vf0\0"u8);
        writer.EndNested(list);
        writer.Bytes(LinkAttribute.ParentDevice, "0000:01:10.0\0"u8);
    });

    private static Link? Parse(ReadOnlySpan<byte> datagram)
    {
        var reader = new NetlinkReader(datagram);
        return reader.TryRead(out NetlinkMessage message) ? LinkMessage.Parse(message) : null;
    }
}
