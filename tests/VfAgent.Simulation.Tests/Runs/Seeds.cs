namespace VfAgent.Simulation.Tests.Runs;

/// <summary>Each part of a world has chance of its own, so that taking one part away leaves the others' choices as they were.</summary>
internal static class Seeds
{
    public static Random For(int seed, string part)
    {
        // FNV-1a: string.GetHashCode is another one in each process.
        uint hash = 2166136261;
        foreach (char letter in part)
            hash = (hash ^ letter) * 16777619;

        return new Random((int)(hash ^ (uint)(seed * 2654435761L)));
    }

    public static T Of<T>(this Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    public static bool Chance(this Random random, double chance) => random.NextDouble() < chance;

    /// <summary>Between the two, and as often below a tenth of the range as above: trouble comes in bursts.</summary>
    public static TimeSpan Between(this Random random, TimeSpan least, TimeSpan most) => least + (most - least) * Math.Pow(random.NextDouble(), 3);
}
