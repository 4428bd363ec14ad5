using VfAgent.Simulation.Tests.Mutations;

namespace VfAgent.Simulation.Tests;

/// <summary>A suite that cannot fail says nothing: bugs that are planted on purpose are found.</summary>
public sealed class MutationTests
{
    public static TheoryData<string> Mutations { get; } = [.. Catalog.Names];

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_planted_bug_is_found(string mutation) => Assert.NotNull(Hunt.Find(mutation, Catalog.Make(mutation).Seeds));
}
