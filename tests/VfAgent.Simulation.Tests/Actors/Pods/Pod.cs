using System.Text.Json.Nodes;

namespace VfAgent.Simulation.Tests.Actors.Pods;

/// <summary>A container in one network of the agent's.</summary>
/// <param name="Name">The container's.</param>
/// <param name="IsCni">Whether its runtime has CNI, not netavark.</param>
/// <param name="Network">As the file had it.</param>
internal sealed record Pod(string Name, bool IsCni, JsonObject Network)
{
    public const string Interface = "eth0";

    public string Namespace => $"/run/netns/{Name}";

    /// <summary>What libcni keeps of its ADD until its DEL, when its runtime has CNI.</summary>
    public string Result => CniResult.PathOf((string)Network["name"]!, Name, Interface);

    /// <summary>The VF in its namespace, or that it has on vfio-pci; null for none.</summary>
    public string? Vf { get; set; }

    /// <summary>The VFs of its network as they were when it came.</summary>
    public Dictionary<string, FoundVf> Found { get; } = new(StringComparer.Ordinal);

    /// <summary>Its plugin does not move VFs.</summary>
    public bool IsOnAnotherPlugin => IsCni && (string?)Network["plugins"]![0]!["delegate"]!["type"] == "bridge";

    public string ToNetavark() => new JsonObject
    {
        ["container_id"] = Name,
        ["container_name"] = Name,
        ["network"] = Network.DeepClone(),
        ["network_options"] = new JsonObject { ["interface_name"] = Interface },
    }.ToJsonString();

    // What libcni makes of the list for its first plugin.
    public string ToCni()
    {
        JsonObject plugin = Network["plugins"]![0]!.DeepClone().AsObject();
        (plugin["name"], plugin["cniVersion"]) = ((string?)Network["name"], (string?)Network["cniVersion"]);
        return plugin.ToJsonString();
    }

    public string ToResult() => CniResult.Of((string)Network["name"]!, Name, Interface, Network.ToJsonString());

    public override string ToString() => $"{Name} on {Network["name"]} by {(IsCni ? "CNI" : "netavark")}";
}

/// <param name="Inode">Another for a VF that is made anew.</param>
/// <param name="Netdev">Its name on the host while no container has it; null for none.</param>
internal sealed record FoundVf(long Inode, string? Netdev);
