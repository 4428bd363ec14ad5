using VfAgent.Demo;

namespace VfAgent.Tests.Demo;

public sealed class StoryTests : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Steps_are_numbered_and_stand_apart()
    {
        Story story = Plain();
        story.Step("One");
        story.Say("Something happens.");
        story.Step("Two");

        Assert.Equal("\n1  One\n   Something happens.\n\n2  Two\n", _output.ToString());
    }

    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_the_last_one_is_wrapped_under_itself()
    {
        string blind = string.Join(' ', Enumerable.Repeat("word", 20));
        Plain().Table(["A", "BB"], [["1", "2"], ["long", blind]]);

        Assert.Equal(
            "     A     BB\n     1     2\n     long  " + string.Join(' ', Enumerable.Repeat("word", 18)) + "\n           word word\n",
            _output.ToString());
    }

    [Fact]
    public void A_table_without_rows_is_nothing()
    {
        Plain().Table(null, []);

        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void Json_without_blanks_is_broken_behind_a_comma()
    {
        Plain().Show($"{new string('x', 60)},{new string('y', 60)}");

        Assert.Equal($"     {new string('x', 60)},\n       {new string('y', 60)}\n", _output.ToString());
    }

    [Fact]
    public void A_word_that_is_too_long_stays_whole()
    {
        string path = "/" + new string('x', 120);
        Plain().Show($"{path} end");

        Assert.Equal($"     {path}\n       end\n", _output.ToString());
    }

    [Fact]
    public void Phases_are_coloured_on_a_terminal_without_moving_a_column()
    {
        new Story(_output, colours: true).Table(null, [["IN_SYNC", "a"], ["REJECTED", "b"]]);

        Assert.Equal("     \e[32mIN_SYNC\e[0m   a\n     \e[31mREJECTED\e[0m  b\n", _output.ToString());
    }

    private Story Plain() => new(_output, colours: false);
}
