namespace VfAgent.Simulation.Tests.Runs;

/// <summary>Many worlds, one to a thread at a time: worlds share nothing.</summary>
internal static class Batch
{
    /// <param name="from">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="plan">What each seed's world is made of.</param>
    /// <param name="stopAt">Which broken one to leave the rest at; null for none.</param>
    /// <param name="ended">Told of each run, one at a time.</param>
    /// <param name="workers">How many at a time; as many as there are processors when not given.</param>
    /// <returns>The broken ones, in the order of their seeds.</returns>
    public static IReadOnlyList<Verdict> Run(
        int from, int count, Func<int, Plan> plan, Predicate<Verdict>? stopAt, Action<Verdict> ended, int? workers = null)
    {
        List<Verdict> broken = [];
        var options = new ParallelOptions { MaxDegreeOfParallelism = workers ?? Environment.ProcessorCount };
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
                if (stopAt?.Invoke(verdict) ?? false)
                    state.Break();
            }
        });
        return [.. broken.OrderBy(verdict => verdict.Plan.Seed)];
    }
}
