using System.Security.Cryptography;
using System.Text;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Tool;

/// <summary>What two stories are compared by.</summary>
internal static class Digest
{
    /// <summary>A hash of everything that happens in a world, in order.</summary>
    public static string Of(Plan plan)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long lines = 0;
        Verdict verdict = new Runs.Run(plan, line =>
        {
            lines++;
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        }).Execute();
        return $"{plan.Seed} {Convert.ToHexStringLower(hash.GetHashAndReset())} {lines} lines, {verdict.Steps} steps, {verdict.Writes} writes";
    }

    /// <summary>Prints one line for each seed, in their order.</summary>
    public static int Print(int from, int count, Func<int, Plan> plan, int? workers)
    {
        foreach (string line in All(from, count, plan, workers))
            Console.WriteLine(line);
        return 0;
    }

    public static IReadOnlyList<string> All(int from, int count, Func<int, Plan> plan, int? workers)
    {
        string[] lines = new string[count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = workers ?? Environment.ProcessorCount };
        Parallel.For(0, count, options, position => lines[position] = Of(plan(from + position)));
        return lines;
    }
}
