using VfAgent.Simulation.Tests.Mutations;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests;

/// <summary>A suite that cannot fail says nothing: bugs that are planted on purpose are found, each by the promise that it breaks.</summary>
public sealed class MutationTests
{
    public static TheoryData<string> Mutations { get; } = [.. Catalog.Names];

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_planted_bug_breaks_the_promise_that_is_expected(string mutation)
    {
        (Verdict? shown, int elsewhere) = Hunt.Find(mutation, Catalog.Make(mutation).Seeds);
        Assert.True(shown is not null, $"{elsewhere} worlds broke something else");
    }
}
