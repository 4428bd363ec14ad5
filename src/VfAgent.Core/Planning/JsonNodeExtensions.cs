using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VfAgent.Core.Planning;

/// <summary>What a value in a config says.</summary>
public static class JsonNodeExtensions
{
    /// <summary>null unless it is a string.</summary>
    public static string? Text(this JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    /// <summary>null unless it is a whole number that fits the kernel's u32.</summary>
    public static uint? Number(this JsonNode? node) =>
        node is JsonValue && uint.TryParse(node.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null;

    /// <summary>Not what a field is when it is not given: null, false, 0, "", [] or {}.</summary>
    public static bool SaysSomething(this JsonNode? node) => node switch
    {
        null => false,
        JsonObject o => o.Count > 0,
        JsonArray a => a.Count > 0,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.False or JsonValueKind.Null => false,
            JsonValueKind.Number => node.ToJsonString() != "0",
            JsonValueKind.String => node.GetValue<string>().Length > 0,
            _ => true,
        },
    };
}
