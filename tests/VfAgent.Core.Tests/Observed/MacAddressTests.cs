using VfAgent.Core.Observed;

namespace VfAgent.Core.Tests.Observed;

public sealed class MacAddressTests
{
    [Theory]
    [InlineData("02:00:00:00:00:01", true, true)]
    [InlineData("A0:36:9F:00:00:01", true, true)]
    [InlineData("01:00:5e:00:00:01", true, false)]
    [InlineData("00:00:00:00:00:00", true, false)]
    [InlineData("02-00-00-00-00-01", false, false)]
    [InlineData("02:00:00:00:00", false, false)]
    [InlineData("02:00:00:00:00:01\n", false, false)]
    [InlineData("", false, false)]
    public void An_address_is_six_bytes_and_one_interface_s_when_it_is_no_group_s(string text, bool isOne, bool isUnicast)
    {
        Assert.Equal(isOne, MacAddress.IsOne(text));
        Assert.Equal(isUnicast, MacAddress.IsUnicast(text));
    }
}
