using Microsoft.Extensions.Time.Testing;
using VfAgent.Doctor;

namespace VfAgent.Tests.Doctor;

public sealed class CommandTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Both_outputs_and_the_exit_code_are_told()
    {
        CommandAnswer? answer = await RunAsync("sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3");

        Assert.Equal(new CommandAnswer(3, "out", "first\nlast"), answer);
        Assert.Equal("last", answer?.Problem);
    }

    [Fact]
    public async Task A_program_that_is_not_there_has_no_answer() => Assert.Null(await RunAsync("no-such-program-of-vfagent"));

    [Fact]
    public async Task A_program_that_does_not_end_is_stopped()
    {
        Task<CommandAnswer?> running = RunAsync("sleep", "1000");
        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal("sleep did not answer within 15 s", (await running)?.Problem);
    }

    [Fact]
    public async Task A_program_that_fails_without_a_word_is_told_by_its_exit_code() =>
        Assert.Equal("exit code 1, \"\"", (await RunAsync("false"))?.Problem);

    private Task<CommandAnswer?> RunAsync(string program, params string[] arguments) =>
        Command.RunAsync(program, arguments, _time, TestContext.Current.CancellationToken);
}
