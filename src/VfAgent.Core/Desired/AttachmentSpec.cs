using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Desired;

/// <summary>A network attachment as asked for.</summary>
/// <param name="Name">See <see cref="ObjectName"/>.</param>
/// <param name="ResourceName">The resource whose VF it hands out; null when the config names its device itself or needs none.</param>
/// <param name="Config">A CNI network list or one bare plugin. Never changed: renderers work on a copy.</param>
/// <param name="Generation">The author's version; 0 when not used.</param>
public sealed record AttachmentSpec(string Name, string? ResourceName, JsonObject Config, ulong Generation = 0)
{
    private ImmutableArray<PciAddress>? _namedDevices;

    public JsonObject Config { get; } = Config;

    public Allocation Allocation { get; init; }

    /// <summary>It hands out any VF of its resource, and has none of its own.</summary>
    public bool IsPool => Allocation == Allocation.Dynamic;

    /// <summary>The PCI addresses that the config itself names, under whatever key.</summary>
    public ImmutableArray<PciAddress> NamedDevices => _namedDevices ??= PciAddress.FindAll(Config.ToJsonString());

    public bool Equals(AttachmentSpec? other) =>
        other is not null && Name == other.Name && ResourceName == other.ResourceName && Generation == other.Generation &&
        Allocation == other.Allocation && JsonNode.DeepEquals(Config, other.Config);

    public override int GetHashCode() => HashCode.Combine(Name, ResourceName, Generation);
}

/// <summary>How a container on a network gets its VF.</summary>
public enum Allocation
{
    /// <summary>The network has one VF, always the same.</summary>
    Static,

    /// <summary>Each container gets any free VF of the resource, as it starts.</summary>
    Dynamic,
}
