using System.Text.Json;
using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Cni;

/// <summary>What a runtime asks of a plugin (CNI spec 1.1.0, section 2): parameters in the environment, the configuration on stdin.</summary>
/// <param name="Command">ADD, DEL, CHECK, GC, STATUS or VERSION.</param>
/// <param name="Container">Its id; empty for GC and STATUS.</param>
/// <param name="Namespace">The path of its network namespace; may be empty for DEL.</param>
/// <param name="Interface">The name of the interface in there; empty for GC and STATUS.</param>
/// <param name="Path">The folders that plugins are in.</param>
/// <param name="Config">The plugin's configuration, with what the runtime has put in.</param>
internal sealed record CniCall(string Command, string Container, string Namespace, string Interface, string Path, JsonObject Config)
{
    private static readonly string[] _versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    public static IReadOnlyList<string> Versions => _versions;

    /// <summary>The version of the configuration, and of the answer.</summary>
    public string Version => Text("cniVersion");

    public string Network => Text("name");

    /// <summary>What people call the container, as podman, containerd and CRI-O tell plugins; empty when nobody says.</summary>
    public string ContainerName { get; private init; } = "";

    /// <summary>What the network may hand out, best first.</summary>
    public IReadOnlyList<PciAddress> Vfs { get; private init; } = [];

    /// <summary>The plugin that the VF is for.</summary>
    public JsonObject Delegate { get; private init; } = [];

    /// <summary>ADD and CHECK need all parameters, DEL all but the namespace.</summary>
    private bool IsOfContainer => Command is "ADD" or "CHECK" or "DEL";

    /// <returns>null, or what is wrong with the call.</returns>
    public static CniError? Read(IReadOnlyDictionary<string, string> environment, Stream input, out CniCall call)
    {
        call = new CniCall(Of("CNI_COMMAND"), Of("CNI_CONTAINERID"), Of("CNI_NETNS"), Of("CNI_IFNAME"), Of("CNI_PATH"), [])
        {
            ContainerName = NameIn(Of("CNI_ARGS")),
        };
        if (call.Command == "VERSION")
            return null;
        if (call.Command is not ("ADD" or "DEL" or "CHECK" or "GC" or "STATUS"))
            return new CniError(CniErrorCode.InvalidEnvironment, $"CNI_COMMAND '{call.Command}' is not known");

        bool isNowhere = call.Namespace.Length == 0 && call.Command != "DEL";
        if (call.IsOfContainer && (call.Container.Length == 0 || call.Interface.Length == 0 || isNowhere))
            return new CniError(CniErrorCode.InvalidEnvironment, "CNI_CONTAINERID, CNI_NETNS or CNI_IFNAME is missing");

        try
        {
            return JsonNode.Parse(input) is JsonObject config
                ? Check(call with { Config = config }, out call)
                : new CniError(CniErrorCode.Undecodable, "the configuration is no object");
        }
        catch (JsonException exception)
        {
            return new CniError(CniErrorCode.Undecodable, $"the configuration is not JSON: {exception.Message}");
        }

        string Of(string name) => environment.GetValueOrDefault(name, "");
    }

    /// <summary>
    /// What the plugin that the VF is for is given: what the runtime has put in, its own options, and the VF where it looks for one.
    /// </summary>
    public JsonObject DelegateConfig(PciAddress? vf)
    {
        JsonObject config = [];
        IEnumerable<KeyValuePair<string, JsonNode?>> given = Config.Where(pair => pair.Key is not ("type" or "vfs" or "delegate" or "capabilities"));
        foreach ((string key, JsonNode? value) in given.Concat(Delegate))
            config[key] = value?.DeepClone();

        if (vf is { } device)
            config[ConflistRenderer.DeviceKey(DelegateType)] = $"{device}";
        return config;
    }

    public string DelegateType => Text(Delegate, "type");

    /// <summary>The plugin that it has give out addresses; null for none.</summary>
    public string? AddressPlugin =>
        Delegate["ipam"] is JsonObject addresses && Text(addresses, "type") is { Length: > 0 } type && !type.Contains('/') ? type : null;

    private static string NameIn(string arguments)
    {
        const string key = "K8S_POD_NAME=";
        string? name = arguments.Split(';').FirstOrDefault(argument => argument.StartsWith(key, StringComparison.Ordinal));
        return name is null ? "" : name[key.Length..];
    }

    private static CniError? Check(CniCall given, out CniCall call)
    {
        call = given;
        if (!_versions.Contains(call.Version, StringComparer.Ordinal))
            return new CniError(CniErrorCode.IncompatibleVersion, $"cniVersion '{call.Version}' is not one of {string.Join(", ", _versions)}");
        if (call.Network.Length == 0)
            return new CniError(CniErrorCode.InvalidConfig, "the configuration has no name");
        if (call.Config["delegate"] is not JsonObject inner || Text(inner, "type") is not { Length: > 0 } type || type.Contains('/'))
            return new CniError(CniErrorCode.InvalidConfig, "the configuration has no delegate with a type");
        if (call.Config["vfs"] is not JsonArray list)
            return new CniError(CniErrorCode.InvalidConfig, "the configuration has no vfs");

        List<PciAddress> vfs = [];
        foreach (JsonNode? node in list)
        {
            if (!PciAddress.TryParse(node.Text(), out PciAddress vf))
                return new CniError(CniErrorCode.InvalidConfig, $"{node?.ToJsonString() ?? "null"} in vfs is not a PCI address such as 0000:02:10.0");

            vfs.Add(vf);
        }

        call = call with { Vfs = vfs, Delegate = inner };
        return null;
    }

    private string Text(string name) => Text(Config, name);

    private static string Text(JsonObject config, string name) => config[name].Text() ?? "";
}

/// <param name="Code">What kind of error it is.</param>
/// <param name="Message">For people.</param>
internal sealed record CniError(CniErrorCode Code, string Message)
{
    public static CniError Of(IoError error) => new(CniErrorCode.InputOutput, error.ToString());
}

/// <summary>CNI spec 1.1.0, section 5; from 100 on they are the plugin's own.</summary>
internal enum CniErrorCode
{
    None = 0,
    IncompatibleVersion = 1,
    UnknownContainer = 3,
    InvalidEnvironment = 4,
    InputOutput = 5,
    Undecodable = 6,
    InvalidConfig = 7,
    TryAgainLater = 11,
    NotAvailable = 50,
}
