using VfAgent.Core.Kernel;
using VfAgent.Linux.Netlink;

namespace VfAgent.Linux.Tests.Netlink;

public sealed class NetlinkErrorTests
{
    private const string Busy = "F0FFFFFF";
    private const string RequestHeader = "14000000" + "13000500" + "01000000" + "00000000";
    private const string RequestBody = "DEADBEEF";
    private const string Text = "0C000100" + "6E6F2C206E6F2100"; // "no, no!"
    private const string Offset = "08000200" + "18000000";

    [Theory]
    [InlineData(0x300, Busy + RequestHeader + Text, "no, no!")]
    [InlineData(0x300, Busy + RequestHeader + Offset + Text, "no, no!")]
    [InlineData(0x200, Busy + RequestHeader + RequestBody + Text, "no, no!")]
    [InlineData(0x300, Busy + RequestHeader + Offset, null)]
    [InlineData(0x100, Busy + RequestHeader, null)]
    [InlineData(0x000, Busy + RequestHeader + RequestBody, null)]
    [InlineData(0x200, Busy + "FFFFFFFF" + "13000500" + "01000000" + "00000000" + Text, null)]
    [InlineData(0x300, Busy + RequestHeader + "FF000100" + "6E6F", null)]
    [InlineData(0x300, Busy + "1400", null)]
    [InlineData(0x300, Busy, null)]
    public void The_errno_comes_with_the_extended_acks_words_when_there_are_any(int flags, string payload, string? words) =>
        Assert.Equal(new IoError(Errno.EBUSY, "try", words), Parse((NetlinkFlags)flags, payload));

    [Fact]
    public void Zero_is_an_acknowledgement_even_with_a_warning() =>
        Assert.Null(Parse((NetlinkFlags)0x300, "00000000" + RequestHeader + Text));

    [Theory]
    [InlineData("")]
    [InlineData("F0FFFF")]
    public void An_error_that_is_too_short_is_EBADMSG(string payload) =>
        Assert.Equal(Errno.EBADMSG, Parse(NetlinkFlags.None, payload)?.Errno);

    private static IoError? Parse(NetlinkFlags flags, string payload)
    {
        var header = new MessageHeader { Type = NetlinkError.Type, Flags = flags };
        return NetlinkError.Parse(new NetlinkMessage(header, Convert.FromHexString(payload)), "try");
    }
}
