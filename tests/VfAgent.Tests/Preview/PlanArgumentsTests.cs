using VfAgent.Preview;
using VfAgent.Protocol;

namespace VfAgent.Tests.Preview;

public sealed class PlanArgumentsTests
{
    [Fact]
    public void What_is_not_the_plan_s_own_is_settings()
    {
        PlanArguments arguments = PlanArguments.Parse(["--Agent:Simulate=igb:2", "-f", "wish.json", "--config", "vfagent.json", "--json"]);

        Assert.Equal(("wish.json", true), (arguments.File, arguments.Json));
        Assert.Equal(["--Agent:Simulate=igb:2", "--config", "vfagent.json"], arguments.Settings);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("-f")]
    public async Task Without_a_file_it_says_what_is_needed(params string[] arguments)
    {
        (_, string? error) = await PlanArguments.Parse(arguments).ReadAsync();

        Assert.Contains("-f FILE", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        (_, string? error) = await PlanArguments.Parse(["-f", "/nonexistent/wish.json"]).ReadAsync();

        Assert.StartsWith("/nonexistent/wish.json: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_file_no_more_is_read_than_is_needed_to_refuse_it()
    {
        ((_, byte[] payload), string? error) = await PlanArguments.Parse(["-f", "/dev/zero"]).ReadAsync();

        Assert.Null(error);
        Assert.Equal(PayloadReader.MaxBytes + 1, payload.Length);
    }
}
