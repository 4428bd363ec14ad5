using VfAgent.Simulation.Tests.Faults;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Invariants;

/// <summary>How long what the agent does may take in a world where calls are slow or hang.</summary>
internal static class Delays
{
    /// <param name="plan">What goes wrong.</param>
    /// <param name="otherwise">Where no call is slow.</param>
    public static TimeSpan Of(Plan plan, TimeSpan otherwise) =>
        plan.Disasters.Contains(Disaster.HungCall) ? TimeSpan.FromMinutes(7)
        : plan.Disasters.Contains(Disaster.SlowCall) ? TimeSpan.FromMinutes(1)
        : otherwise;
}
