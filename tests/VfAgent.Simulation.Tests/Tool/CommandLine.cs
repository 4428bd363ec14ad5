using System.Diagnostics;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Tool;

/// <summary>
/// <c>--seeds 10000 --from 1</c> runs many worlds and shrinks the first that breaks a promise; <c>--seed 17 --trace</c> tells the story of one.
/// </summary>
internal static class CommandLine
{
    public static int Run(string[] args)
    {
        if (Number(args, "--seed") is { } seed)
            return One(seed, args.Contains("--trace"));

        return Many(Number(args, "--from") ?? 1, Number(args, "--seeds") ?? 1000, args.Contains("--all"));
    }

    private static int One(int seed, bool trace)
    {
        Verdict verdict = new Run(Plan.From(seed), trace ? Console.WriteLine : null).Execute();
        Console.WriteLine(verdict.Broken is null ? $"{verdict.Plan}: all promises held" : $"{verdict.Plan}\nBROKEN {verdict.Broken}");
        Console.WriteLine($"{verdict.Steps} steps, {verdict.Writes} writes, {verdict.Reads} reads, {verdict.Length:d\\.hh\\:mm\\:ss} of virtual time");
        return verdict.Broken is null ? 0 : 1;
    }

    private static int Many(int from, int count, bool all)
    {
        long begun = Stopwatch.GetTimestamp();
        int done = 0;
        List<Verdict> broken = [];
        Parallel.For(from, from + count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, state) =>
        {
            Verdict verdict = new Run(Plan.From(seed)).Execute();
            lock (broken)
            {
                if (verdict.Broken is not null)
                {
                    broken.Add(verdict);
                    if (all)
                        Console.WriteLine($"\n{verdict.Plan}\n  BROKEN {verdict.Broken}");
                    else
                        state.Break();
                }

                done++;
                if (done % 50 == 0 || done == count)
                    Console.Write($"\r{done} of {count} seeds, {done / Stopwatch.GetElapsedTime(begun).TotalSeconds:0} a second, {broken.Count} broken ");
            }
        });
        Console.WriteLine();
        foreach (Verdict verdict in broken.OrderBy(verdict => verdict.Plan.Seed).Take(1))
            Console.WriteLine($"{verdict.Plan}\nBROKEN {verdict.Broken}");
        return broken.Count == 0 ? 0 : 1;
    }

    private static int? Number(string[] args, string option) =>
        Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length && int.TryParse(args[at + 1], out int number) ? number : null;
}
