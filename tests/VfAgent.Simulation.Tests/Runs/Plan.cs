using System.Collections.Immutable;
using VfAgent.Simulation.Tests.Actors;
using VfAgent.Simulation.Tests.Faults;

namespace VfAgent.Simulation.Tests.Runs;

/// <summary>What a run is made of, derived from its seed; a shrunk one has less of it.</summary>
/// <param name="Seed">Decides everything that the plan leaves open.</param>
/// <param name="Nics">As in <c>Agent:Simulate</c>.</param>
/// <param name="Host">How the host behaves.</param>
/// <param name="Actors">Who does something.</param>
/// <param name="Disasters">What goes wrong.</param>
/// <param name="Length">How long things happen, before the calm.</param>
internal sealed record Plan(
    int Seed, string Nics, SimulationOptions Host, ImmutableArray<string> Actors, ImmutableArray<Disaster> Disasters, TimeSpan Length)
{
    /// <summary>A bug that is planted (Mutations/Catalog.cs); null for none.</summary>
    public string? Mutation { get; init; }

    /// <summary>Whether containers and processes end when the calm begins.</summary>
    public bool UsersLeave => Seed % 2 == 0;

    /// <summary>Whether the controller writes protobuf, as programs do, or JSON, as people do.</summary>
    public bool SpeaksProtobuf => Seed % 4 == 1;

    /// <summary>Whether containers get their VFs from the agent's own plugins, of podman's networks and of pools.</summary>
    public bool HasPools => Actors.Contains(Cast.Pods);

    /// <summary>Whether the host is reached depends on the MTU of a link: that needs somebody who leads it there, and somebody who sets it.</summary>
    public bool HangsOnMtu => Disasters.Contains(Disaster.JumboCutsOff);

    /// <summary>The agent publishes every status as JSON too.</summary>
    public bool JsonStatus { get; init; }

    private static readonly string[] _kinds = ["igb", "ixgbe", "i40e", "ice", "mlx5", "bnxt"];

    public static Plan From(int seed)
    {
        Random random = Seeds.For(seed, "plan");
        string[] kinds = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Of(_kinds))];
        Disaster[] all = Enum.GetValues<Disaster>();

        // One kind alone, a few together, or all that there is.
        random.Shuffle(all);
        ImmutableArray<Disaster> disasters = [.. all.Take(random.Next(10) switch { 0 => 0, < 4 => 1, < 9 => random.Next(2, 6), _ => all.Length }).Order()];
        bool hangsOnMtu = disasters.Contains(Disaster.JumboCutsOff);
        ImmutableArray<string> actors =
        [
            .. Cast.Names.Where(name => name == Cast.Pods
                ? seed % 32 is 5 or 10 or 21
                : random.Chance(0.7) || name == Cast.Controller || (name == Cast.Router && hangsOnMtu)),
        ];
        return new Plan(
            seed,
            string.Join(',', kinds.Select(kind => $"{kind}:1")),
            Machine(random, seed),
            actors,
            disasters,
            Story(random, hangsOnMtu))
        {
            JsonStatus = random.Chance(0.1),
        };
    }

    // Most bugs show soon, and some need a long story; so does a broker that is waited for in vain.
    private static TimeSpan Story(Random random, bool hangsOnMtu)
    {
        double share = random.NextDouble();
        return TimeSpan.FromMinutes((hangsOnMtu ? 7 : 2) + (int)(18 * share * share * share));
    }

    public override string ToString() =>
        $"seed {Seed}: {Nics}, {Length:hh\\:mm\\:ss}, actors {List(Actors)}, disasters {List(Disasters)}{(JsonStatus ? ", JSON" : "")}";

    private static string List<T>(IEnumerable<T> items) => string.Join(' ', items) is { Length: > 0 } text ? text : "none";

    private static SimulationOptions Machine(Random random, int seed) => new()
    {
        Seed = seed,
        VfDelay = TimeSpan.FromMilliseconds(random.Of(0, 2, 40)),
        NetdevDelay = TimeSpan.FromMilliseconds(random.Of(0, 3, 200)),
        RenameNetdevs = random.Chance(0.5),
        RenameDelay = TimeSpan.FromMilliseconds(random.Of(5, 300)),
        ShuffleVfs = random.Chance(0.5),
        CarrierDelay = TimeSpan.FromMilliseconds(random.Of(0, 1500)),
        Iommu = random.Chance(0.8),
    };
}
