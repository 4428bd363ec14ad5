namespace VfAgent.Simulation.Tests.Runs;

/// <summary>Makes a broken run smaller as long as the same promise breaks: fewer actors, fewer disasters, less time.</summary>
internal static class Shrinker
{
    public static Verdict Shrink(Verdict broken, Action<Verdict> smaller)
    {
        while (Candidates(broken.Plan).Select(plan => new Run(plan).Execute()).FirstOrDefault(verdict => verdict.Promise == broken.Promise) is { } next)
        {
            broken = next;
            smaller(broken);
        }

        return broken;
    }

    private static IEnumerable<Plan> Candidates(Plan plan)
    {
        foreach (string actor in plan.Actors)
            yield return plan with { Actors = plan.Actors.Remove(actor) };
        foreach (Faults.Disaster disaster in plan.Disasters)
            yield return plan with { Disasters = plan.Disasters.Remove(disaster) };
        if (plan.Length > TimeSpan.FromSeconds(2))
        {
            yield return plan with { Length = plan.Length / 2 };
            yield return plan with { Length = plan.Length * 0.9 };
        }
    }
}
