using System.Text;
using System.Text.Json.Nodes;
using VfAgent.Cni;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Tests.Leases;

namespace VfAgent.Tests.Cni;

/// <summary>A host whose runtime has CNI, with a plugin host-device to delegate to.</summary>
internal sealed class CniRig : PluginRig
{
    /// <summary>The plugin that gives out addresses.</summary>
    public const string AddressPlugin = "host-local";

    private const string Folder = "/run/netns";

    /// <summary>What the other plugin was asked for, and with which configuration.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>What the other plugin says instead of doing its work; null for nothing.</summary>
    public string? Refusal { get; set; }

    /// <summary>In the words of libcni: a network that hands out both VFs, by host-device.</summary>
    public static JsonObject Config(string version = "1.0.0") => JsonNode.Parse($$"""
        {
          "cniVersion": "{{version}}", "name": "pool", "type": "vfagent", "vfs": [ "0000:02:10.0", "0000:02:10.2" ],
          "delegate": { "type": "web", "ipam": { "type": "host-local" } }, "runtimeConfig": { "mac": "02:00:00:00:00:aa" }
        }
        """)!.AsObject();

    public (int ExitCode, string Output) Run(string command, string container = "", string? config = null, string? place = null, string @interface = "eth0")
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = container.Length == 0 ? "" : IdOf(container),
            ["CNI_NETNS"] = place ?? (container.Length == 0 ? "" : $"{Folder}/{container}"),
            ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAME={container}",
            ["CNI_IFNAME"] = container.Length == 0 ? "" : @interface,

            // The simulated host has no folder of plugins: a namespace's file stands for the other plugin's.
            ["CNI_PATH"] = $"/nowhere:{Folder}",
        };
        using var output = new MemoryStream();
        var plugin = new CniPlugin(World.Kernel, World.Disk, HostPaths.Usual, Other);
        int exitCode = plugin.Run(environment, new MemoryStream(Encoding.UTF8.GetBytes(config ?? Config().ToJsonString())), output);
        return (exitCode, Encoding.UTF8.GetString(output.ToArray()));
    }

    public JsonNode Add(string container)
    {
        (int exitCode, string output) = Run("ADD", container);
        Assert.Equal((0, output), (exitCode, output));
        return JsonNode.Parse(output)!;
    }

    /// <returns>The error's code and message.</returns>
    public (int Code, string Message) Fails(string command, string container = "", string? config = null)
    {
        (int exitCode, string output) = Run(command, container, config);
        Assert.Equal((1, output), (exitCode, output));
        JsonNode error = JsonNode.Parse(output)!;
        Assert.Contains((string?)error["cniVersion"], CniCall.Versions);
        return ((int)error["code"]!, (string)error["msg"]!);
    }

    /// <summary>What else happens while the other plugin gives a container its VF.</summary>
    public Action? Meanwhile { get; set; }

    // Like host-device: it moves the netdev and brings it back under the name it had.
    private DelegateRun Other(string file, CniCall call, byte[] config)
    {
        string text = Encoding.UTF8.GetString(config);
        Asked.Add($"{call.Command} {Path.GetFileName(file)} {Path.GetFileName(call.Namespace)} {text}");
        if (Path.GetFileName(file) == AddressPlugin)
            return new DelegateRun(0, []);
        if (Refusal is not null && call.Command != "DEL")
            return new DelegateRun(1, Encoding.UTF8.GetBytes(Refusal));

        if (call.Command == "ADD")
            Meanwhile?.Invoke();
        if (call.Command == "ADD")
            World.Others.MoveToContainer(Device(text), Path.GetFileName(call.Namespace), call.Interface);
        else if (call.Command == "DEL" && this[Device(text)].StartsWith("away", StringComparison.Ordinal))
            World.Others.MoveToHost(Device(text), "eth9");

        return new DelegateRun(0, Encoding.UTF8.GetBytes(call.Command == "ADD" ? """{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}]}""" : ""));
    }

    private static PciAddress Device(string config) => PciAddress.FindAll(config)[0];
}
