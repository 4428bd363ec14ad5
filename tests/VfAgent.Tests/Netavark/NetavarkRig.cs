using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Leases;
using VfAgent.Netavark;
using VfAgent.Simulation;

namespace VfAgent.Tests.Netavark;

/// <summary>A host of an igb with two VFs, eth4 and eth5, where containers start and stop without an agent.</summary>
internal sealed class NetavarkRig : IDisposable
{
    public const string BothVfs = "0000:02:10.0 0000:02:10.2";
    public static readonly PciAddress Vf0 = PciAddress.Parse("0000:02:10.0");
    public static readonly PciAddress Vf1 = PciAddress.Parse("0000:02:10.2");

    private const string Devices = "/sys/bus/pci/devices";
    private const string Pf = $"{Devices}/0000:02:00.0";

    public NetavarkRig()
    {
        Assert.True(SimulatedNics.TryParse("igb:2", out IReadOnlyList<NicModel>? nics, out _));
        World = new SimulatedWorld(nics, new FakeTimeProvider(), SimulationOptions.Immediate);
        Assert.Null(World.Others.SetLinkUp(IndexOf("eth3"), up: true));
        Assert.Null(World.Others.Write($"{Pf}/sriov_numvfs", "2"));
        foreach (string container in new[] { "web", "db", "cache" })
            World.Others.AddNamespace(container);
    }

    public SimulatedWorld World { get; }

    /// <summary>The PF's.</summary>
    public int PfIndex => IndexOf("eth3");

    /// <summary>All that a VF is on the host: name, address, MTU, up or down, and what the PF's driver holds for it; <c>away</c> when it is in a container.</summary>
    public string this[PciAddress vf]
    {
        get
        {
            VfAttributes admin = World.Others.GetVfs(PfIndex).Value!.Single(attributes => attributes.Index == (vf == Vf0 ? 0 : 1));
            if (World.Others.List($"{Devices}/{vf}/net").ValueOr([]) is not [var name])
                return $"away, {admin.Mac}";

            Link link = World.Others.GetLink(IndexOf(name)).Value!;
            return $"{link.Name} {link.Mac} {link.Mtu} {(link.Up ? "up" : "down")}, {admin.Mac}";
        }
    }

    /// <summary>The leases' files, but for unfinished ones of plugins that were killed: the VF's next lease is written over these.</summary>
    public IReadOnlyList<string> Leases =>
        [.. World.Disk.Files($"{HostPaths.Run}/leases").Where(path => !DurableFiles.IsTemporary(Path.GetFileName(path)))];

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

    public static string IdOf(string container) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(container.PadRight(32, '-')));

    /// <summary>The container's links, but for loopback, and how they are set up.</summary>
    public string Inside(string container)
    {
        using INetworkNamespace place = World.Others.OpenNamespace($"/run/netns/{container}").Value!;
        IEnumerable<string> links = place.GetLinks().Value!.Where(link => link.Name != "lo")
            .Select(link => $"{link.Name} {link.Mac} {link.Mtu} {(link.Up ? "up" : "down")} of {link.ParentDevice}");
        return string.Join("; ", links.Concat(World.Others.NetworkOf(container)));
    }

    public int IndexOf(string netdev) => int.Parse(World.Others.Read($"/sys/class/net/{netdev}/ifindex").Value!);

    public string MacOf(PciAddress vf) => this[vf].Split(' ')[1];

    public Lease? LeaseOf(PciAddress vf)
    {
        Assert.Null(new LeaseFiles(new DurableFiles(World.OthersDisk), World.Others, HostPaths.Run).Read(vf, out Lease? lease));
        return lease;
    }

    public void Dispose() => World.Dispose();
}
