using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests.Wishes;

/// <summary>What VFs are to be set to; null leaves it.</summary>
internal sealed record VfWish(int? Vlan = null, bool? Trust = null, bool? SpoofCheck = null)
{
    public static readonly VfWish None = new();

    public bool IsEmpty => this == None;

    public VfWish Over(VfWish other) => new(Vlan ?? other.Vlan, Trust ?? other.Trust, SpoofCheck ?? other.SpoofCheck);

    /// <summary>What of it a VF has not; null when it has all.</summary>
    public string? Differs(VfAttributes now)
    {
        if (Vlan is { } vlan && now.Vlan != vlan)
            return $"has VLAN {now.Vlan}";
        if (Trust is { } trust && now.Trust != trust)
            return $"has trust {now.Trust}";
        return SpoofCheck is { } spoofCheck && now.SpoofCheck != spoofCheck ? $"has spoof check {now.SpoofCheck}" : null;
    }

    public JsonObject ToJson(string? indexes = null)
    {
        var json = new JsonObject();
        if (indexes is not null)
            json["indexes"] = indexes;
        if (Vlan is { } vlan)
            json["vlan"] = new JsonObject { ["id"] = vlan };
        if (Trust is { } trust)
            json["trust"] = trust;
        if (SpoofCheck is { } spoofCheck)
            json["spoofchk"] = spoofCheck;
        return json;
    }
}
