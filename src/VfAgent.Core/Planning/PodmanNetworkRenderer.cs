using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// A network of podman's for netavark (containers/common, libnetwork/types: Network) from an attachment: the plugin <c>vfagent</c> as its driver, the
/// VFs that it may hand out as an option, and the addresses that the CNI config has. The plugin needs nothing else.
/// </summary>
public static class PodmanNetworkRenderer
{
    /// <summary>The netavark plugin, by its file name.</summary>
    public const string Driver = "vfagent";

    /// <summary>PCI addresses with blanks between them. With the driver it marks a file as ours.</summary>
    public const string VfsOption = "vfagent.vfs";

    private const string ResourceOption = "vfagent.resource";

    // What a plugin that gives a container a VF says of the VF, or of itself; podman's networks all take a static MAC and addresses.
    private static readonly HashSet<string> _plumbing = new(
        ["type", "name", "cniVersion", "ipam", "deviceID", "pciBusID", "device", "hwaddr", "kernelpath", "capabilities", "logLevel", "logFile"],
        StringComparer.Ordinal);

    // Of the list; the versions and checks are CNI's own affair.
    private static readonly HashSet<string> _listPlumbing =
        new(["name", "cniVersion", "cniVersions", "plugins", "disableCheck", "disableGC"], StringComparer.Ordinal);

    // A config and its VFs always give the same text, and a config is the same instance as long as nothing about it changes.
    private static readonly ConditionalWeakTable<Rendering, PodmanNetwork> _last = [];

    /// <param name="spec">The attachment.</param>
    /// <param name="resource">Whose VFs these are.</param>
    /// <param name="config">The attachment's CNI config, a VF filled in if it has one.</param>
    /// <param name="vfs">What the network may hand out.</param>
    public static PodmanNetwork Render(AttachmentSpec spec, ResourceSpec resource, Rendering config, IEnumerable<PciAddress> vfs)
    {
        string addresses = Join(vfs);
        if (_last.TryGetValue(config, out PodmanNetwork? last) && last.Addresses == addresses && ReferenceEquals(last.Resource, resource))
            return last;

        List<string> losses = [];
        JsonObject? plugin = VfPlugin(config.Config, spec, losses);
        var ipam = PodmanIpam.Of(plugin?["ipam"], $"{Field(spec, 0)}.ipam", losses);
        string text = ConflistRenderer.ToText(Network(spec.Name, Options(resource, addresses, ipam), ipam));
        ImmutableArray<Finding> findings = losses.Count == 0
            ? []
            : [new Finding(Reasons.NoCounterpart, $"a podman network has nothing like {string.Join(", ", losses)}")];
        var network = new PodmanNetwork(text, findings, addresses, resource);
        _last.AddOrUpdate(config, network);
        return network;
    }

    /// <summary>A network file of ours with other VFs.</summary>
    public static string WithVfs(string text, IEnumerable<PciAddress> vfs)
    {
        JsonObject network = JsonNode.Parse(text)!.AsObject();
        network["options"]![VfsOption] = Join(vfs);
        return ConflistRenderer.ToText(network);
    }

    /// <summary>Whether a network file is ours by what it says: podman finds a network by its file's name, so a prefix would be part of it.</summary>
    public static bool IsOurs(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement is { ValueKind: JsonValueKind.Object } network &&
                network.TryGetProperty("driver", out JsonElement driver) && driver.ValueKind == JsonValueKind.String && driver.ValueEquals(Driver) &&
                network.TryGetProperty("options", out JsonElement options) && options.ValueKind == JsonValueKind.Object &&
                options.TryGetProperty(VfsOption, out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // As podman writes them, but for the time of creation, which would make another file of each writing.
    private static JsonObject Network(string name, JsonObject options, PodmanIpam ipam)
    {
        var network = new JsonObject { ["name"] = name, ["id"] = Id(name), ["driver"] = Driver };
        if (ipam.Subnets is { } subnets)
            network["subnets"] = subnets;
        if (ipam.Routes is { } routes)
            network["routes"] = routes;
        network["ipv6_enabled"] = ipam.HasIpv6;
        network["internal"] = ipam.IsInternal;
        network["dns_enabled"] = false;
        network["options"] = options;
        network["ipam_options"] = new JsonObject { ["driver"] = ipam.Driver };
        return network;
    }

    private static JsonObject Options(ResourceSpec resource, string addresses, PodmanIpam ipam)
    {
        var options = new JsonObject { [VfsOption] = addresses, [ResourceOption] = resource.Name };
        if (resource.VfMtu > 0)
            options["mtu"] = $"{resource.VfMtu}";
        if (ipam.NoDefaultRoute)
            options["no_default_route"] = "true";
        return options;
    }

    private static string Join(IEnumerable<PciAddress> vfs) => string.Join(' ', vfs);

    // Podman takes any 64 digits; these are the ones that its CNI networks have.
    private static string Id(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>The plugin whose part ours takes; what else the config says is lost.</summary>
    private static JsonObject? VfPlugin(JsonObject list, AttachmentSpec spec, List<string> losses)
    {
        losses.AddRange(list.Where(pair => !_listPlumbing.Contains(pair.Key) && pair.Value.SaysSomething()).Select(pair => $"config.{pair.Key}"));
        JsonObject? first = null;
        foreach ((int i, JsonNode? node) in list["plugins"]!.AsArray().Index())
        {
            if (i == 0 && node is JsonObject plugin && !ConflistRenderer.IsChained(plugin))
            {
                first = plugin;
                losses.AddRange(plugin
                    .Where(pair => !_plumbing.Contains(pair.Key) && pair.Value.SaysSomething())
                    .Select(pair => $"{Field(spec, i)}.{pair.Key}"));
            }
            else
            {
                losses.Add($"{Field(spec, i)} ({node?["type"].Text()})");
            }
        }

        return first;
    }

    private static string Field(AttachmentSpec spec, int plugin) => spec.Config.ContainsKey("plugins") ? $"config.plugins[{plugin}]" : "config";
}

/// <summary>A network file.</summary>
/// <param name="Text">What is in it.</param>
/// <param name="Findings">What of the config is not.</param>
/// <param name="Addresses">The VFs that it may hand out.</param>
/// <param name="Resource">Whose they are.</param>
public sealed record PodmanNetwork(string Text, ImmutableArray<Finding> Findings, string Addresses, ResourceSpec Resource);
