using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Mutations;

/// <summary>How many seeds it takes until a planted bug breaks the promise that it is expected to break.</summary>
internal static class Hunt
{
    /// <returns>The first seed that shows it, null when none does; and how many others broke something else.</returns>
    public static (Verdict? Shown, int Elsewhere) Find(string mutation, int seeds)
    {
        Plant(mutation);
        Mutation planted = Catalog.Make(mutation);
        IReadOnlyList<Verdict> broken = Batch.Run(1, seeds, seed => Plan.From(seed) with { Mutation = mutation }, Shows, _ => { });
        Plant(null);
        Verdict? shown = broken.FirstOrDefault(Shows);
        return (shown, broken.Count(verdict => !Shows(verdict) && verdict.Plan.Seed < (shown?.Plan.Seed ?? int.MaxValue)));

        bool Shows(Verdict verdict) => planted.Breaks.Contains(verdict.Promise, StringComparer.Ordinal);
    }

    /// <summary>For code that is patched: what is planted there asks for its name.</summary>
    public static void Plant(string? mutation) => AppContext.SetData("planted", mutation);

    /// <summary>Prints the table, and that nothing breaks in the same worlds where nothing is planted.</summary>
    /// <returns>Whether all were caught and the control is clean.</returns>
    public static bool All(IEnumerable<string> mutations, int seeds)
    {
        bool isComplete = true;
        int most = 1;
        Console.WriteLine($"{"mutation",-26} {"seeds",6}  what is planted, and the promise that shows it");
        foreach (string name in mutations)
        {
            (Verdict? shown, int elsewhere) = Find(name, seeds);
            isComplete &= shown is not null;
            most = Math.Max(most, shown?.Plan.Seed ?? seeds);
            string wake = elsewhere == 0 ? "" : $" ({elsewhere} earlier broke another)";
            string found = shown is null ? $"NOT CAUGHT in {seeds} seeds{wake}" : $"{shown.Promise}{wake}";
            Console.WriteLine($"{name,-26} {shown?.Plan.Seed.ToString() ?? "-",6}  {Catalog.Make(name).Plants}: {found}");
        }

        IReadOnlyList<Verdict> control = Batch.Run(1, most, Plan.From, _ => true, _ => { });
        string held = control.Count == 0 ? "all promises hold" : $"BROKEN {control[0].Plan}: {control[0]}";
        Console.WriteLine($"{"(none: the control)",-26} {most,6}  {held}");
        return isComplete && control.Count == 0;
    }
}
