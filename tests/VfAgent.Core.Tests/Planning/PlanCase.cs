using System.Text.Json;
using System.Text.Json.Serialization;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>One folder of Cases: what is desired, what was observed, and the plan that comes of it. Cases/README.md says how to write one.</summary>
internal sealed record PlanCase(DesiredState Desired, HostSnapshot Host, Ledger Ledger)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    public static PlanCase Read(string folder)
    {
        DesiredState desired = Read<DesiredFile>(folder, "desired.json").ToState();
        ObservedFile observed = Read<ObservedFile>(folder, "observed.json");
        return new PlanCase(desired, observed.ToSnapshot(), observed.Ledger.ToLedger());
    }

    public Plan Plan() => Planner.Plan(Desired, Host, Ledger);

    private static T Read<T>(string folder, string file) => JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(folder, file)), _json)!;
}
