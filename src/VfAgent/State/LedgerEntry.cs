using System.Text.Json.Serialization;

namespace VfAgent.State;

/// <summary>A ledger entry as it is on disk; what does not apply to its kind is left out.</summary>
internal sealed record LedgerEntry(
    string? Resource = null, int? OriginalNumVfs = null, int? OriginalMtu = null, string? Pf = null, int? VfIndex = null,
    bool? Retain = null, string[]? Others = null, bool? OwesAutoprobe = null, bool? FoundAutoprobeOff = null, bool? MayCutOff = null, string? OriginalEswitch = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LedgerEntry))]
internal sealed partial class LedgerJson : JsonSerializerContext;
