using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>How many seeds it takes until a planted bug shows, and which promise shows it.</summary>
internal static class Hunt
{
    /// <returns>The first seed that shows it; null when none does.</returns>
    public static Verdict? Find(string mutation, int seeds)
    {
        // For code that is patched: what is planted there asks for its name.
        AppContext.SetData("planted", mutation);
        IReadOnlyList<Verdict> broken = Batch.Run(1, seeds, seed => Plan.From(seed) with { Mutation = mutation }, stopAtFirst: true, _ => { });
        return broken.Count == 0 ? null : broken[0];
    }

    /// <summary>Prints the table.</summary>
    /// <returns>Whether all were caught.</returns>
    public static bool All(IEnumerable<string> mutations, int seeds)
    {
        bool isComplete = true;
        Console.WriteLine($"{"mutation",-26} {"seeds",6}  what is planted, and the promise that shows it");
        foreach (string name in mutations)
        {
            Verdict? caught = Find(name, seeds);
            isComplete &= caught is not null;
            Console.WriteLine($"{name,-26} {caught?.Plan.Seed.ToString() ?? "-",6}  {Catalog.Make(name).Plants}: {caught?.Promise ?? $"NOT CAUGHT in {seeds} seeds"}");
        }

        return isComplete;
    }
}
