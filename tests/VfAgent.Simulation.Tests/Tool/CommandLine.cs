using System.Collections.Immutable;
using System.Diagnostics;
using VfAgent.Simulation.Tests.Actors;
using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Mutations;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Tool;

/// <summary>
/// <c>--seeds 10000 --from 1</c> runs many worlds and shrinks the first that breaks a promise; <c>--seed 17 --trace</c> tells the story of one.
/// <c>--actors</c>, <c>--disasters</c> (names with commas between them, or none) and <c>--length</c> change what the seed has planned;
/// <c>--with</c> names an actor who is there in each world.
/// <c>--each-fault</c> runs the seeds once for every kind of bad luck, alone; <c>--workers</c> is how many worlds run at a time; <c>--digest</c>
/// prints a hash of every story, which is the same wherever and whenever it is told.
/// <c>--mutations</c> plants one bug after the other and tells how many seeds it took to find it; <c>--mutation</c> names some.
/// </summary>
internal static class CommandLine
{
    public static int Run(string[] args)
    {
        if (Value(args, "--seed") is { } seed)
            return One(Planned(int.Parse(seed), args), args.Contains("--trace"));

        int from = int.Parse(Value(args, "--from") ?? "1");
        int count = int.Parse(Value(args, "--seeds") ?? "1000");
        if (args.Contains("--mutations"))
            return Hunt.All(Value(args, "--mutation") is { } names ? List(names) : [.. Catalog.Names, .. Catalog.Patched], count) ? 0 : 1;

        if (args.Contains("--digest"))
            return Digest.Print(from, count, seed => Planned(seed, args), Workers(args));

        return args.Contains("--each-fault") ? Each(from, count, args) : Many(from, count, args);
    }

    private static int Each(int from, int count, string[] args)
    {
        int failed = 0;
        foreach (string fault in Enum.GetNames<Disaster>())
        {
            Console.WriteLine(fault);
            failed += Many(from, count, [.. args, "--disasters", fault]);
        }

        return failed == 0 ? 0 : 1;
    }

    private static int One(Plan plan, bool trace)
    {
        Verdict verdict = new Runs.Run(plan, trace ? Console.WriteLine : null).Execute();
        Console.WriteLine($"{plan}");
        Console.WriteLine(verdict.IsBroken ? $"BROKEN {verdict}" : "all promises held");
        Console.WriteLine($"{verdict.Steps} steps, {verdict.Writes} writes, {verdict.Reads} reads, {verdict.Length:d\\.hh\\:mm\\:ss} of virtual time");
        return verdict.IsBroken ? 1 : 0;
    }

    private static int Many(int from, int count, string[] args)
    {
        bool all = args.Contains("--all");
        var progress = new Progress(count);
        IReadOnlyList<Verdict> broken = Batch.Run(from, count, seed => Planned(seed, args), all ? null : _ => true, verdict =>
        {
            progress.Note(verdict);
            if (all && verdict.IsBroken)
                progress.Say($"{verdict.Plan}\n  BROKEN {verdict}");
        }, Workers(args));
        progress.End();
        if (broken.Count == 0)
            return 0;

        if (!all)
        {
            Verdict first = broken[0];
            Console.WriteLine($"{first.Plan}\nBROKEN {first}\nMaking it smaller:");
            Verdict least = Shrinker.Shrink(first, smaller => Console.WriteLine($"  {smaller.Plan}"));
            Console.WriteLine($"BROKEN {least}\nIts story: {Command(least.Plan)}");
        }

        return 1;
    }

    private static string Command(Plan plan) =>
        $"--seed {plan.Seed} --actors {Names(plan.Actors)} --disasters {Names(plan.Disasters)} --length {plan.Length:c} --trace";

    private static Plan Planned(int seed, string[] args)
    {
        Plan plan = Plan.From(seed);
        if (Value(args, "--actors") is { } actors)
            plan = plan with { Actors = [.. Cast.Names.Where(List(actors).Contains)] };
        if (Value(args, "--with") is { } guest && !plan.Actors.Contains(guest))
            plan = plan with { Actors = plan.Actors.Add(guest) };
        if (Value(args, "--disasters") is { } disasters)
            plan = plan with { Disasters = [.. List(disasters).Select(Enum.Parse<Disaster>)] };
        if (Value(args, "--mutation") is { } mutation)
        {
            Hunt.Plant(mutation);
            plan = plan with { Mutation = mutation };
        }

        if (Value(args, "--length") is { } length)
            plan = plan with { Length = TimeSpan.Parse(length) };
        return plan;
    }

    private static int? Workers(string[] args) => Value(args, "--workers") is { } workers ? int.Parse(workers) : null;

    private static string Names<T>(ImmutableArray<T> items) => items.IsEmpty ? "none" : string.Join(',', items);

    private static string[] List(string text) => text == "none" ? [] : text.Split(',');

    private static string? Value(string[] args, string option) =>
        Array.IndexOf(args, option) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

    /// <summary>A line that says how far the runs are.</summary>
    private sealed class Progress(int count)
    {
        private const int Width = 30;

        private readonly long _begun = Stopwatch.GetTimestamp();
        private long _shown;
        private int _done;
        private int _broken;

        public void Note(Verdict verdict)
        {
            _done++;
            _broken += verdict.IsBroken ? 1 : 0;
            if (Stopwatch.GetElapsedTime(_shown) > TimeSpan.FromMilliseconds(500))
                Show();
        }

        public void Say(string text) => Console.WriteLine($"\r{text}");

        public void End()
        {
            Show();
            Console.WriteLine();
        }

        private void Show()
        {
            _shown = Stopwatch.GetTimestamp();
            string bar = new string('#', _done * Width / count).PadRight(Width, '.');
            Console.Write($"\r[{bar}] {_done} of {count} seeds, {_done / Stopwatch.GetElapsedTime(_begun).TotalSeconds:0.0} a second, {_broken} broken ");
        }
    }
}
