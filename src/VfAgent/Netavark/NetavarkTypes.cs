using System.Text.Json.Serialization;

namespace VfAgent.Netavark;

// As netavark writes and reads them (its src/network/types.rs), as far as the plugin needs them.

internal sealed record PluginInput(string ContainerId, string ContainerName, Network Network, NetworkOptions NetworkOptions);

/// <param name="Name">The network's.</param>
/// <param name="Internal">It leads nowhere else: no default route.</param>
/// <param name="Options">Those of <c>podman network create --opt</c>; ours begin with <c>vfagent.</c>.</param>
/// <param name="IpamOptions">Its <c>driver</c> says who gives addresses.</param>
/// <param name="Subnets">Where containers' addresses are.</param>
/// <param name="Routes">Beside the default route.</param>
/// <param name="NetworkDnsServers">For the containers' resolv.conf.</param>
internal sealed record Network(
    string Name, bool Internal = false, Dictionary<string, string>? Options = null, Dictionary<string, string>? IpamOptions = null,
    List<Subnet>? Subnets = null, List<Route>? Routes = null, List<string>? NetworkDnsServers = null)
{
    public string? Option(string name) => Options?.GetValueOrDefault(name);
}

internal sealed record Subnet([property: JsonPropertyName("subnet")] string Prefix, string? Gateway = null);

internal sealed record Route(string Destination, string? Gateway = null, long? Metric = null, string? RouteType = null);

/// <summary>What one container asks for.</summary>
internal sealed record NetworkOptions(string InterfaceName, List<string>? StaticIps = null, string? StaticMac = null);

internal sealed record StatusBlock(List<string> DnsSearchDomains, List<string> DnsServerIps, Dictionary<string, Interface> Interfaces);

internal sealed record Interface(string MacAddress, List<NetAddress> Subnets);

internal sealed record NetAddress(string Ipnet, string? Gateway);

internal sealed record PluginInfo(string Version, string ApiVersion);

internal sealed record PluginError(string Error);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PluginInput))]
[JsonSerializable(typeof(Network))]
[JsonSerializable(typeof(StatusBlock))]
[JsonSerializable(typeof(PluginInfo))]
[JsonSerializable(typeof(PluginError))]
internal sealed partial class NetavarkJson : JsonSerializerContext;
