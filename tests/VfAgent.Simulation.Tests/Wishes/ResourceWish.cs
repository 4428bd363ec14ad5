using System.Text.Json.Nodes;
using VfAgent.Simulation.Tests.Runs;

namespace VfAgent.Simulation.Tests.Wishes;

/// <summary>A resource as a controller wants it, and what that means; written without the agent's own types.</summary>
/// <param name="Name">The resource's.</param>
/// <param name="NumVfs">On each PF.</param>
/// <param name="Mtu">In bytes; 0 leaves it.</param>
/// <param name="Vhost">needVhostNet.</param>
/// <param name="Vfio">deviceType vfio-pci.</param>
/// <param name="Policy">DEFER, FORCE or NEVER.</param>
/// <param name="Retain">Whether its PFs stay as they are when it goes (deletionPolicy).</param>
/// <param name="SelectorKind">pfNames, devices, drivers or vendors.</param>
/// <param name="SelectorValue">Of that kind.</param>
/// <param name="Generation">Another for each version.</param>
internal sealed record ResourceWish(
    string Name, int NumVfs, int Mtu, bool Vhost, bool Vfio, string Policy, bool Retain, string SelectorKind, string SelectorValue,
    int Generation)
{
    /// <summary>The agent changes nothing for it.</summary>
    public bool IsHandsOff { get; init; }

    public bool Selects(Nic nic) => SelectorValue == SelectorKind switch
    {
        "pfNames" => nic.Name,
        "devices" => nic.Address,
        "drivers" => nic.Model.PfDriver,
        _ => nic.Model.Vendor.ToString("x4"),
    };

    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["mtu"] = Mtu,
        ["numVfs"] = NumVfs,
        ["needVhostNet"] = Vhost,
        ["nicSelector"] = new JsonObject { [SelectorKind] = new JsonArray(SelectorValue) },
        ["deviceType"] = Vfio ? "vfio-pci" : "netdevice",
        ["disruptionPolicy"] = Policy,
        ["deletionPolicy"] = Retain ? "RETAIN" : "RESTORE",
        ["generation"] = Generation,
    };
}

/// <summary>A network attachment as a controller wants it.</summary>
/// <param name="Name">The attachment's, and its network's.</param>
/// <param name="Resource">Whose VF it gets; null for none.</param>
/// <param name="Plugin">The CNI plugin.</param>
/// <param name="Vlan">An option of the plugin.</param>
/// <param name="Generation">Another for each version.</param>
internal sealed record AttachmentWish(string Name, string? Resource, string Plugin, int Vlan, int Generation)
{
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["name"] = Name,
            ["generation"] = Generation,
            ["config"] = new JsonObject { ["cniVersion"] = "1.0.0", ["plugins"] = new JsonArray(new JsonObject { ["type"] = Plugin, ["vlan"] = Vlan }) },
        };
        if (Resource is not null)
            json["resourceName"] = Resource;
        return json;
    }
}
