namespace VfAgent.Simulation.Tests.Runs;

/// <summary>Many worlds, one to a thread at a time: worlds share nothing.</summary>
internal static class Batch
{
    /// <param name="from">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="plan">What each seed's world is made of.</param>
    /// <param name="stopAtFirst">Whether to leave the rest once one is broken.</param>
    /// <param name="ended">Told of each run, one at a time.</param>
    /// <returns>The broken ones, in the order of their seeds.</returns>
    public static IReadOnlyList<Verdict> Run(int from, int count, Func<int, Plan> plan, bool stopAtFirst, Action<Verdict> ended)
    {
        List<Verdict> broken = [];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(from, from + count, options, (seed, state) =>
        {
            if (state.ShouldExitCurrentIteration)
                return;

            Verdict verdict = new Run(plan(seed)).Execute();
            lock (broken)
            {
                ended(verdict);
                if (!verdict.IsBroken)
                    return;

                broken.Add(verdict);
                if (stopAtFirst)
                    state.Break();
            }
        });
        return [.. broken.OrderBy(verdict => verdict.Plan.Seed)];
    }
}
