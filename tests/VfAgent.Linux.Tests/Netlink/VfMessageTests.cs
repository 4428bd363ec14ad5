using VfAgent.Core.Kernel;
using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests.Netlink;

public sealed class VfMessageTests
{
    [Fact]
    public void What_is_written_for_each_setting_is_what_is_read()
    {
        VfAttributes vf = Assert.Single(Parse(Golden())!);

        Assert.Equal(
            new VfAttributes(5, "02:11:22:33:44:55", 100, 3, VlanProtocol.Dot1Ad, SpoofCheck: false, Trust: true, VfLinkState.Disable, 10, 200), vf);
    }

    [Fact]
    public void What_the_driver_does_not_know_is_null()
    {
        byte[] message = Message(static (ref NetlinkWriter writer) =>
        {
            Assert.True(VfRequest.TryWrite(ref writer, 0, new VfMac("00:00:00:00:00:00")));
            int list = writer.BeginNested(LinkAttribute.VfList);
            int info = writer.BeginNested(VfAttribute.Info);
            writer.Structure(VfAttribute.Mac, new VfMacValue { Vf = 1 });
            writer.Structure(VfAttribute.SpoofCheck, new VfNumberValue { Vf = 1, Setting = VfNumberValue.Unknown });
            writer.Structure(VfAttribute.Trust, new VfNumberValue { Vf = 1, Setting = VfNumberValue.Unknown });
            writer.EndNested(info);
            writer.EndNested(list);
        });

        VfAttributes unknown = new(0, "00:00:00:00:00:00", 0, 0, VlanProtocol.Dot1Q, null, null, null, 0, 0);
        Assert.Equal([unknown, unknown with { Index = 1 }], Parse(message));
    }

    [Fact]
    public void A_link_without_the_list_has_no_vfs() =>
        Assert.Empty(Parse(Message(static (ref NetlinkWriter writer) => writer.Bytes(LinkAttribute.Name, "eth0\0"u8)))!);

    [Fact]
    public void A_list_longer_than_its_message_spoils_it()
    {
        byte[] golden = Golden();
        for (int length = 32 + AttributeReader.HeaderLength; length < golden.Length; length++)
        {
            byte[] cut = golden[..length];
            BitConverter.TryWriteBytes(cut, length);
            Assert.Null(Parse(cut));
        }
    }

    private delegate void Fill(ref NetlinkWriter writer);

    private static byte[] Message(Fill fill)
    {
        var writer = new NetlinkWriter(stackalloc byte[512], LinkMessage.Type, NetlinkFlags.None);
        writer.Header(new LinkHeader { Index = 4 });
        fill(ref writer);
        return writer.Finish().ToArray();
    }

    // The kernel's answer has in one entry what requests have in one each.
    private static byte[] Golden() => Message(static (ref NetlinkWriter writer) =>
    {
        int list = writer.BeginNested(LinkAttribute.VfList);
        int info = writer.BeginNested(VfAttribute.Info);
        foreach (VfSetting setting in new VfSetting[]
        {
            new VfMac("02:11:22:33:44:55"), new VfVlan(100, 3, VlanProtocol.Dot1Ad), new VfRate(10, 200), new VfSpoofCheck(false), new VfTrust(true),
            new VfLink(VfLinkState.Disable),
        })
        {
            AttributeReader attribute = Inside(setting);
            writer.Bytes(attribute.Type, attribute.Value);
        }

        writer.EndNested(info);
        writer.EndNested(list);
    });

    private static AttributeReader Inside(VfSetting setting)
    {
        byte[] request = Message((ref NetlinkWriter writer) => Assert.True(VfRequest.TryWrite(ref writer, 5, setting)));
        var reader = new NetlinkReader(request);
        Assert.True(reader.TryRead(out NetlinkMessage message));
        Assert.True(message.TryReadHeader(out LinkHeader _, out AttributeReader list));
        Assert.True(list.Next());
        var info = new AttributeReader(list.Value);
        Assert.True(info.Next());
        var attribute = new AttributeReader(info.Value);
        Assert.True(attribute.Next());
        return attribute;
    }

    private static IReadOnlyList<VfAttributes>? Parse(ReadOnlySpan<byte> datagram)
    {
        var reader = new NetlinkReader(datagram);
        return reader.TryRead(out NetlinkMessage message) ? VfMessage.Parse(message) : null;
    }
}
