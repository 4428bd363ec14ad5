using Microsoft.Extensions.Time.Testing;
using VfAgent.Doctor;

namespace VfAgent.Tests.Doctor;

public sealed class ExaminationTests
{
    private static readonly Area _good = new("good", "", () => Task.FromResult<IReadOnlyList<Finding>>([Finding.Ok("a", "b")]));

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_check_that_throws_is_a_finding_and_the_others_are_made()
    {
        Area throwing = new("throwing", "", () => throw new InvalidOperationException("oops"));
        Area failing = new("failing", "", () => Task.FromException<IReadOnlyList<Finding>>(new IOException("gone")));

        IReadOnlyList<AreaFindings> found = await new Examination([throwing, failing, _good], _time).RunAsync(TestContext.Current.CancellationToken);

        found[0].Findings[0].Is(Verdict.Failure, "InvalidOperationException: oops", "bug in vfagent");
        found[1].Findings[0].Is(Verdict.Failure, "IOException: gone");
        found[2].Findings[0].Is(Verdict.Ok, "b");
    }

    [Fact]
    public async Task A_check_that_hangs_is_a_finding_and_the_others_are_made()
    {
        Area hanging = new("hanging", "", () => new TaskCompletionSource<IReadOnlyList<Finding>>().Task);

        Task<IReadOnlyList<AreaFindings>> looking = new Examination([hanging, _good], _time).RunAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(40));
        IReadOnlyList<AreaFindings> found = await looking;

        found[0].Findings[0].Is(Verdict.Failure, "no answer in time", "hangs");
        found[1].Findings[0].Is(Verdict.Ok, "b");
    }

    [Fact]
    public async Task Whoever_stops_it_waits_for_the_cleaning_up_and_gets_no_findings()
    {
        using CancellationTokenSource stop = new();
        TaskCompletionSource<IReadOnlyList<Finding>> cleaningUp = new();
        Area stoppable = new("stoppable", "", () => cleaningUp.Task);

        Task<IReadOnlyList<AreaFindings>> looking = new Examination([stoppable], _time).RunAsync(stop.Token);
        await stop.CancelAsync();
        Assert.False(looking.IsCompleted);
        cleaningUp.SetCanceled(stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking);
    }
}
