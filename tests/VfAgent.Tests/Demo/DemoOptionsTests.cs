using VfAgent.Demo;

namespace VfAgent.Tests.Demo;

public sealed class DemoOptionsTests
{
    [Fact]
    public void Without_arguments_it_runs_on_at_any_free_port()
    {
        Assert.Equal(new DemoOptions(Once: false, Port: 0, Verbose: false), DemoOptions.Parse([]));
    }

    [Fact]
    public void Arguments_come_in_any_order()
    {
        Assert.Equal(new DemoOptions(Once: true, Port: 1883, Verbose: true), DemoOptions.Parse(["--port=1883", "--verbose", "--once"]));
    }

    [Theory]
    [InlineData("--twice")]
    [InlineData("--port")]
    [InlineData("--port=")]
    [InlineData("--port=-1")]
    [InlineData("--port=65536")]
    [InlineData("once")]
    public void Anything_else_is_bad_usage(string argument)
    {
        Assert.Null(DemoOptions.Parse(["--once", argument]));
    }
}
