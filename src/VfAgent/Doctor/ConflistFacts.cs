using System.Text.Json;
using VfAgent.Core.Kernel;

namespace VfAgent.Doctor;

/// <summary>What a runtime makes of a file in the conflist folder.</summary>
/// <param name="FileName">Without its folder.</param>
/// <param name="Network">Its name; empty when there is a problem.</param>
/// <param name="Plugins">The plugin types, those of ipam too, each once.</param>
/// <param name="Problem">Why it is no network; null when it is one.</param>
internal sealed record ConflistFacts(string FileName, string Network, IReadOnlyList<string> Plugins, string? Problem)
{
    // podman reads .conflist only, nerdctl and CRI the others as well.
    private static readonly string[] _endings = [".conflist", ".conf", ".json"];

    public static bool IsRead(string fileName) => _endings.Any(ending => fileName.EndsWith(ending, StringComparison.Ordinal));

    public static ConflistFacts Read(IDisk disk, string directory, string fileName)
    {
        IoResult<byte[]> content = disk.Read($"{directory}/{fileName}");
        if (!content.Ok)
            return Broken(fileName, $"cannot be read ({content.Error.Errno})");

        try
        {
            using JsonDocument json = JsonDocument.Parse(content.Value);
            return Of(fileName, json.RootElement);
        }
        catch (JsonException exception)
        {
            return Broken(fileName, $"is no JSON (line {exception.LineNumber + 1})");
        }
    }

    private static ConflistFacts Of(string fileName, JsonElement root)
    {
        if (Text(root, "name") is not { Length: > 0 } name)
            return Broken(fileName, "has no name");

        List<string> plugins = [];
        // A lone plugin, as in .conf files, is its own list.
        IEnumerable<JsonElement> list =
            Property(root, "plugins") is { ValueKind: JsonValueKind.Array } several ? several.EnumerateArray() : [root];
        foreach (JsonElement plugin in list)
        {
            if (Text(plugin, "type") is not { Length: > 0 } type)
                return Broken(fileName, "has a plugin without a type");

            plugins.Add(type);
            if (Property(plugin, "ipam") is { } ipam && Text(ipam, "type") is { Length: > 0 } addresses)
                plugins.Add(addresses);
        }

        return new ConflistFacts(fileName, name, [.. plugins.Distinct(StringComparer.Ordinal)], null);
    }

    private static ConflistFacts Broken(string fileName, string problem) => new(fileName, "", [], problem);

    private static string? Text(JsonElement element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;
}
