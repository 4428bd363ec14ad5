using System.Collections.Immutable;

namespace VfAgent.Core.Planning;

/// <summary>A change of a NIC that the host is managed over, from before it is made until it is known that it has not cut the host off.</summary>
/// <param name="Before">What the PF was before.</param>
/// <param name="Wishes">What asked for it: resources by name, each with a digest of what it says.</param>
public sealed record UnconfirmedChange(PfTarget Before, ImmutableSortedDictionary<string, string> Wishes)
{
    /// <summary>It has cut the host off. It is undone, and not made again for the same wishes.</summary>
    public bool IsRegretted { get; init; }
}
