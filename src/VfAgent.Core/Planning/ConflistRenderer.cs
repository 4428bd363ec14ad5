using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// A CNI network configuration list from an attachment (CNI spec, section 1): its name, the plugins as given, and the VF where the
/// first plugin looks for it. No key of ours is added, but to a pool.
/// </summary>
public static class ConflistRenderer
{
    private const string DefaultCniVersion = "1.0.0";
    private const string PoolPlugin = "vfagent";

    private static readonly HashSet<string> _chainedOnly =
        new(["tuning", "portmap", "firewall", "bandwidth", "sbr", "vrf", "rdma"], StringComparer.Ordinal);

    // Every reader of these files decodes JSON; escaping + or < as \u00XX only hurts people.
    private static readonly JsonWriterOptions _readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // A spec and a VF always give the same text, and both are the same instances as long as nothing about them changes: so an attachment
    // that is left alone is rendered once.
    private static readonly ConditionalWeakTable<AttachmentSpec, Rendering> _last = [];

    /// <summary>A config as given, for an attachment that takes no VF from a resource.</summary>
    public static Rendering Render(AttachmentSpec spec) => Render(spec, null, null);

    /// <summary>A config with its VF: in place of placeholders if there are any, else under the first plugin's device key.</summary>
    public static Rendering Render(AttachmentSpec spec, PhysicalFunction? pf, VirtualFunction? vf)
    {
        if (_last.TryGetValue(spec, out Rendering? last) && last.IsOf(pf, vf))
            return last;

        JsonObject list = AsList(spec);
        if (pf is not null && vf is not null)
        {
            if (HasPlaceholders(spec.Config))
                FillPlaceholders(list, pf, vf);
            else if (list["plugins"]?[0] is JsonObject first && DeviceKey(first) is { } key)
                first[key] = vf.Address.ToString();
        }

        var rendering = new Rendering(list, ToText(list), pf, vf);
        _last.AddOrUpdate(spec, rendering);
        return rendering;
    }

    /// <summary>
    /// A config whose first plugin gets the VF that our CNI plugin has chosen out of a pool: under its own name it is in the list in its place,
    /// which <see cref="IsPool"/> knows it by.
    /// </summary>
    public static Rendering RenderPool(AttachmentSpec spec, IEnumerable<PciAddress> vfs)
    {
        JsonObject list = AsList(spec);
        JsonNode first = list["plugins"]![0]!;
        var pool = new JsonObject { ["type"] = PoolPlugin, ["vfs"] = Array(vfs), ["delegate"] = first.DeepClone() };

        // What a runtime may pass on at run time, such as an address, it reads here.
        if (first["capabilities"] is { } capabilities)
            pool["capabilities"] = capabilities.DeepClone();
        list["plugins"]![0] = pool;
        return new Rendering(list, ToText(list));
    }

    /// <summary>Whether a conflist is a pool's.</summary>
    public static bool IsPool(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("plugins", out JsonElement plugins) &&
                plugins.ValueKind == JsonValueKind.Array && plugins.GetArrayLength() > 0 && plugins[0].ValueKind == JsonValueKind.Object &&
                plugins[0].TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.ValueEquals(PoolPlugin) &&
                plugins[0].TryGetProperty("vfs", out JsonElement vfs) && vfs.ValueKind == JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A pool's conflist with other VFs.</summary>
    public static string WithVfs(string text, IEnumerable<PciAddress> vfs)
    {
        JsonObject list = JsonNode.Parse(text)!.AsObject();
        list["plugins"]![0]!["vfs"] = Array(vfs);
        return ToText(list);
    }

    /// <summary>
    /// A config with a VF whose interface is elsewhere, under the name that a file written earlier has for it; null when the file
    /// differs from the config in more than that name.
    /// </summary>
    public static Rendering? RenderAsIn(string text, AttachmentSpec spec, PhysicalFunction pf, VirtualFunction vf)
    {
        if (_last.TryGetValue(spec, out Rendering? last) && last.Text == text && last.IsOf(pf, vf with { Netdev = last.Vf?.Netdev }))
            return last;

        if (Placeholders.NameIn(text, Render(spec, pf, vf).Text) is not { } name)
            return null;

        Rendering named = Render(spec, pf, vf with { Netdev = new NetDevice(name, 0, "", 0, "") });
        return named.Text == text ? named : null;
    }

    /// <summary>Whether every placeholder has a value now: a name has none while its netdev is in a container.</summary>
    public static bool CanFill(AttachmentSpec spec, PhysicalFunction pf, VirtualFunction vf) =>
        (vf.Netdev is not null || !Texts(spec.Config).Any(text => text.Contains("${vf.name}", StringComparison.Ordinal))) &&
        (pf.Netdev is not null || !Texts(spec.Config).Any(text => text.Contains("${pf.name}", StringComparison.Ordinal)));

    public static string ToText(JsonObject config)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, _readable))
            config.WriteTo(writer);

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    /// <summary>Where a plugin of this type looks for the PCI address of its VF.</summary>
    public static string DeviceKey(string? type) => type == "host-device" ? "pciBusID" : "deviceID";

    private static JsonObject AsList(AttachmentSpec spec)
    {
        bool bare = !spec.Config.ContainsKey("plugins");
        var list = new JsonObject
        {
            ["cniVersion"] = spec.Config["cniVersion"]?.DeepClone() ?? DefaultCniVersion,
            ["name"] = spec.Name,
        };
        JsonObject rest = bare ? [] : list;
        foreach ((string key, JsonNode? value) in spec.Config)
        {
            if (key is not ("cniVersion" or "name"))
                rest[key] = value?.DeepClone();
        }

        if (bare)
            list["plugins"] = new JsonArray(rest);

        return list;
    }

    /// <summary>Whether a plugin only follows another and takes no device of its own.</summary>
    internal static bool IsChained(JsonObject plugin) => plugin["type"].Text() is not { } type || _chainedOnly.Contains(type);

    private static JsonArray Array(IEnumerable<PciAddress> vfs) => new([.. vfs.Select(vf => (JsonNode)vf.ToString())]);

    private static string? DeviceKey(JsonObject plugin) => IsChained(plugin) ? null : DeviceKey(plugin["type"].Text());

    private static bool HasPlaceholders(JsonNode config) => Texts(config).Any(text => Placeholders.In(text).Any());

    private static void FillPlaceholders(JsonNode node, PhysicalFunction pf, VirtualFunction vf)
    {
        if (node is JsonObject o)
        {
            foreach (string key in o.Select(pair => pair.Key).ToArray())
            {
                if (o[key].Text() is { } text)
                    o[key] = Placeholders.Fill(text, pf, vf);
                else if (o[key] is { } child)
                    FillPlaceholders(child, pf, vf);
            }
        }
        else if (node is JsonArray a)
        {
            for (int i = 0; i < a.Count; i++)
            {
                if (a[i].Text() is { } text)
                    a[i] = Placeholders.Fill(text, pf, vf);
                else if (a[i] is { } child)
                    FillPlaceholders(child, pf, vf);
            }
        }
    }

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(pair => Texts(pair.Value)),
        JsonArray a => a.SelectMany(Texts),
        _ => node.Text() is { } text ? [text] : [],
    };
}

/// <summary>A conflist, as an object and as the file's text.</summary>
public sealed class Rendering(JsonObject config, string text, PhysicalFunction? pf = null, VirtualFunction? vf = null)
{
    public JsonObject Config { get; } = config;

    public string Text { get; } = text;

    internal VirtualFunction? Vf { get; } = vf;

    internal bool IsOf(PhysicalFunction? otherPf, VirtualFunction? otherVf) =>
        Vf == otherVf && pf?.Address == otherPf?.Address && pf?.Netdev?.Name == otherPf?.Netdev?.Name;
}
