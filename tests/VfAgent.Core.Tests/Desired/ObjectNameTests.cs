using VfAgent.Core.Desired;

namespace VfAgent.Core.Tests.Desired;

public sealed class ObjectNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("7")]
    [InlineData("f1-u")]
    [InlineData("A.b_c-9")]
    [InlineData("a..b")]
    public void A_name_is_letters_and_digits_with_dots_dashes_and_underscores_inside(string name) => Assert.True(ObjectName.IsValid(name));

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(0, false)]
    public void A_name_has_1_to_63_characters(int length, bool valid) => Assert.Equal(valid, ObjectName.IsValid(new string('x', length)));

    [Theory]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a_")]
    public void A_name_begins_and_ends_with_a_letter_or_digit(string name) => Assert.False(ObjectName.IsValid(name));

    [Theory]
    [InlineData("../../x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("a+b")]
    [InlineData("a#b")]
    [InlineData("a\0b")]
    public void A_name_has_nothing_that_means_something_in_a_topic_or_a_path(string name) => Assert.False(ObjectName.IsValid(name));

    [Theory]
    [InlineData("a\n")]
    [InlineData("\na")]
    [InlineData("a\nb")]
    public void A_name_has_no_newline_not_even_at_the_end(string name) => Assert.False(ObjectName.IsValid(name));

    [Theory]
    [InlineData("ä")]
    [InlineData("vlan٣")]
    [InlineData("ｘ")]
    [InlineData("Kelvin\u212A")]
    public void A_name_is_ascii(string name) => Assert.False(ObjectName.IsValid(name));
}
