using System.Text;
using System.Text.Json.Nodes;
using VfAgent.Host;
using VfAgent.Netavark;
using VfAgent.Tests.Leases;

namespace VfAgent.Tests.Netavark;

/// <summary>A host whose podman has netavark.</summary>
internal sealed class NetavarkRig : PluginRig
{
    /// <summary>Runs the plugin as the agent's process would, so that faults meet it.</summary>
    public (int ExitCode, string Output) Run(JsonNode input, params string[] arguments) => Run(input.ToJsonString(), arguments);

    /// <inheritdoc cref="Run(JsonNode, string[])"/>
    public (int ExitCode, string Output) Run(string input, params string[] arguments)
    {
        using var output = new MemoryStream();
        int exitCode = new NetavarkPlugin(World.Kernel, World.Disk, HostPaths.Usual).Run(arguments, new MemoryStream(Encoding.UTF8.GetBytes(input)), output);
        return (exitCode, Encoding.UTF8.GetString(output.ToArray()));
    }

    /// <summary>A container's start, which succeeds.</summary>
    /// <returns>What netavark is told.</returns>
    public JsonNode Setup(string container, JsonNode? input = null)
    {
        (int exitCode, string output) = Run(input ?? Input(container), "setup", $"/run/netns/{container}");
        Assert.Equal((0, output), (exitCode, output));
        return JsonNode.Parse(output)!;
    }

    /// <summary>A container's start, which fails.</summary>
    /// <returns>Why.</returns>
    public string Refusal(string container, JsonNode? input = null)
    {
        (int exitCode, string output) = Run(input ?? Input(container), "setup", $"/run/netns/{container}");
        Assert.Equal((1, output), (exitCode, output));
        return (string)JsonNode.Parse(output)!["error"]!;
    }

    /// <summary>A container's end.</summary>
    public void Teardown(string container, JsonNode? input = null) => Assert.Equal((0, ""), Run(input ?? Input(container), "teardown", $"/run/netns/{container}"));

    /// <summary>As netavark says it, of a network that hands out both VFs.</summary>
    public static JsonNode Input(string container) => JsonNode.Parse($$"""
        {
          "container_id": "{{IdOf(container)}}",
          "container_name": "{{container}}",
          "port_mappings": null,
          "network": {
            "created": "2026-01-01T00:00:00Z", "dns_enabled": false, "driver": "vfagent", "id": "00", "internal": false, "ipv6_enabled": false,
            "name": "pool", "options": { "vfagent.vfs": "{{BothVfs}}" }, "ipam_options": { "driver": "host-local" },
            "subnets": [ { "gateway": "10.88.0.1", "subnet": "10.88.0.0/16" } ], "network_dns_servers": null
          },
          "network_options": { "aliases": [ "web" ], "interface_name": "eth0", "static_ips": [ "10.88.0.5" ], "static_mac": null }
        }
        """)!;

    /// <summary>The same, changed.</summary>
    public static JsonNode Input(string container, Action<JsonNode, JsonNode> change)
    {
        JsonNode input = Input(container);
        change(input["network"]!, input["network_options"]!);
        return input;
    }
}
