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
    /// <summary>Which VFs of a PF; null for all. Only with pfNames.</summary>
    public (int First, int Last)? Range { get; init; }

    /// <summary>What every VF is set to.</summary>
    public VfWish Defaults { get; init; } = VfWish.None;

    /// <summary>VF 0 is an exception; null when it is not.</summary>
    public VfWish? Exception { get; init; }

    /// <summary>Of the VFs' netdevs, in bytes; 0 leaves it.</summary>
    public int VfMtu { get; init; }

    /// <summary>eswitchMode, in lower case; null leaves it.</summary>
    public string? Eswitch { get; init; }

    /// <summary>externallyManaged: others set up PF and VFs.</summary>
    public bool IsExternal { get; init; }

    /// <summary>observeOnly.</summary>
    public bool IsObserved { get; init; }

    /// <summary>driversAutoprobe false.</summary>
    public bool SkipsKernelDriver { get; init; }

    /// <summary>allowManagementNic.</summary>
    public bool AllowsManagementNic { get; init; }

    /// <summary>The agent changes neither PF nor VF for it.</summary>
    public bool IsHandsOff => IsExternal || IsObserved;

    public bool Selects(Nic nic) => SelectorValue == SelectorKind switch
    {
        "pfNames" => nic.Name,
        "devices" => nic.Address,
        "drivers" => nic.Model.PfDriver,
        _ => nic.Model.Vendor.ToString("x4"),
    };

    /// <summary>Whether a VF of a PF that it selects is its own.</summary>
    public bool Has(int index) => Range is not { } range ? index < NumVfs : index >= range.First && index <= range.Last;

    public VfWish SettingsOf(int index) => index == 0 && Exception is { } exception ? exception.Over(Defaults) : Defaults;

    /// <summary>Whether only one of the two can have a NIC that both select.</summary>
    public bool IsAtOddsWith(ResourceWish other) =>
        Range is not { } own || other.Range is not { } others || (own.First <= others.Last && others.First <= own.Last) ||
        NumVfs != other.NumVfs || (Mtu != 0 && other.Mtu != 0 && Mtu != other.Mtu) ||
        (Eswitch is not null && other.Eswitch is not null && Eswitch != other.Eswitch) ||
        (IsExternal, IsObserved) != (other.IsExternal, other.IsObserved);

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["name"] = Name,
            ["mtu"] = Mtu,
            ["numVfs"] = NumVfs,
            ["needVhostNet"] = Vhost,
            ["nicSelector"] = new JsonObject
            {
                [SelectorKind] = new JsonArray(Range is { } range ? $"{SelectorValue}#{range.First}-{range.Last}" : SelectorValue),
            },
            ["deviceType"] = Vfio ? "vfio-pci" : "netdevice",
            ["disruptionPolicy"] = Policy,
            ["deletionPolicy"] = Retain ? "RETAIN" : "RESTORE",
            ["generation"] = Generation,
        };
        if (!Defaults.IsEmpty)
            json["vfDefaults"] = Defaults.ToJson();
        if (Exception is not null)
            json["vfs"] = new JsonArray(Exception.ToJson("0"));
        if (VfMtu != 0)
            json["vfMtu"] = VfMtu;
        if (Eswitch is not null)
            json["eswitchMode"] = Eswitch.ToUpperInvariant();
        if (IsExternal)
            json["externallyManaged"] = true;
        if (IsObserved)
            json["observeOnly"] = true;
        if (SkipsKernelDriver)
            json["driversAutoprobe"] = false;
        if (AllowsManagementNic)
            json["allowManagementNic"] = true;
        return json;
    }
}

/// <summary>A network attachment as a controller wants it.</summary>
/// <param name="Name">The attachment's, and its network's.</param>
/// <param name="Resource">Whose VF it gets; null for none.</param>
/// <param name="Plugin">The CNI plugin.</param>
/// <param name="Vlan">An option of the plugin.</param>
/// <param name="Generation">Another for each version.</param>
internal sealed record AttachmentWish(string Name, string? Resource, string Plugin, int Vlan, int Generation)
{
    /// <summary>Each container gets a VF of its own.</summary>
    public bool IsPool { get; init; }

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
        if (IsPool)
            json["allocation"] = "DYNAMIC";
        return json;
    }
}
