using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace VfAgent.Core.Planning;

/// <summary>
/// A CNI plugin's <c>ipam</c> as podman's own address management has it (containers/common, libnetwork/types: Network). CNI's host-local gives one
/// address of each range set, podman one of each subnet; CNI's static is a subnet whose range is that one address.
/// </summary>
internal sealed class PodmanIpam
{
    private static readonly string[] _rangeKeys = ["subnet", "rangeStart", "rangeEnd", "gateway"];

    private readonly List<Subnet> _subnets = [];
    private readonly List<Route> _routes = [];
    private readonly List<string> _losses;

    private PodmanIpam(List<string> losses) => _losses = losses;

    /// <param name="ipam">What the plugin has under <c>ipam</c>; null when it has none.</param>
    /// <param name="field">Where that is, in the sender's words.</param>
    /// <param name="losses">Gets the fields that have no counterpart.</param>
    public static PodmanIpam Of(JsonNode? ipam, string field, List<string> losses)
    {
        var podman = new PodmanIpam(losses);
        if (!ipam.SaysSomething())
            return podman;

        switch (ipam as JsonObject)
        {
            case { } given when given["type"].Text() == "host-local":
                podman.AddHostLocal(given, field);
                break;
            case { } given when given["type"].Text() == "static":
                podman.AddStatic(given, field);
                break;
            default:
                losses.Add(ipam is JsonObject other && other["type"].Text() is { } type ? $"{field} of type {type}" : field);
                break;
        }

        return podman;
    }

    /// <summary>host-local: podman assigns addresses. none: it does not.</summary>
    public string Driver => _subnets.Count > 0 ? "host-local" : "none";

    /// <summary>Podman gives every subnet a gateway, its first address, if the network is not internal.</summary>
    public bool IsInternal => _subnets.Count > 0 && _subnets.TrueForAll(subnet => subnet.Gateway is null);

    public bool HasIpv6 => _subnets.Exists(subnet => subnet.Network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6);

    /// <summary>A gateway is a default route in podman, unless this is said.</summary>
    public bool NoDefaultRoute => _subnets.Count > 0 && !IsInternal && !DefaultsAreByGateway;

    /// <summary>null when there are none.</summary>
    public JsonArray? Subnets => Array(_subnets.Select(subnet => subnet.ToJson()));

    /// <summary>Those that do not come of the gateways; null when there are none.</summary>
    public JsonArray? Routes => Array(_routes.Where(route => !(DefaultsAreByGateway && route.IsDefault)).Select(route => route.ToJson()));

    // One subnet of each family, and one default route of each over its gateway: then the gateways say it all.
    private bool DefaultsAreByGateway
    {
        get
        {
            Route[] defaults = [.. _routes.Where(route => route.IsDefault)];
            return defaults.Length == _subnets.Count && _subnets.DistinctBy(subnet => subnet.Family).Count() == _subnets.Count &&
                _subnets.TrueForAll(subnet => defaults.Any(route => route.Metric is null && route.Gateway.Equals(subnet.Gateway)));
        }
    }

    private void AddHostLocal(JsonObject ipam, string field)
    {
        if (ipam.ContainsKey("subnet"))
            AddRange(ipam, field);
        JsonArray sets = ipam["ranges"] as JsonArray ?? [];
        for (int i = 0; i < sets.Count; i++)
        {
            JsonArray alternatives = sets[i] as JsonArray ?? [];
            for (int j = 0; j < alternatives.Count; j++)
            {
                string range = $"{field}.ranges[{i}][{j}]";
                if (j > 0 || alternatives[j] is not JsonObject given)
                {
                    _losses.Add(range);
                    continue;
                }

                AddRange(given, range);
                Lose(given, range, _rangeKeys);
            }
        }

        AddRoutes(ipam, field);
        Lose(ipam, field, [.. _rangeKeys, "type", "ranges", "routes"]);
    }

    private void AddRange(JsonObject range, string field)
    {
        // host-local refuses a subnet with less than two addresses to give.
        if (Cidr.Parse(range["subnet"].Text())?.Network is not { } network || IsTaken(network) || network.PrefixLength > Bits(network) - 2)
        {
            _losses.Add($"{field}.subnet");
            return;
        }

        _subnets.Add(new Subnet(
            network, Inside("gateway") ?? First(network), range.ContainsKey("gateway"), Inside("rangeStart"), Inside("rangeEnd")));

        // Podman skips the whole file for an address that is not in its subnet.
        IPAddress? Inside(string key)
        {
            if (!range[key].SaysSomething())
                return null;
            if (IPAddress.TryParse(range[key].Text(), out IPAddress? address) && Contains(network, address))
                return address;

            _losses.Add($"{field}.{key}");
            return null;
        }
    }

    private void AddStatic(JsonObject ipam, string field)
    {
        JsonArray addresses = ipam["addresses"] as JsonArray ?? [];
        for (int i = 0; i < addresses.Count; i++)
        {
            string at = $"{field}.addresses[{i}]";
            if (addresses[i] is not JsonObject given || Cidr.Parse(given["address"].Text()) is not { } cidr || IsTaken(cidr.Network))
            {
                _losses.Add(at);
                continue;
            }

            bool hasGateway = IPAddress.TryParse(given["gateway"].Text(), out IPAddress? gateway) && Contains(cidr.Network, gateway!);
            if (!hasGateway && given["gateway"].SaysSomething())
                _losses.Add($"{at}.gateway");
            _subnets.Add(new Subnet(cidr.Network, hasGateway ? gateway : null, hasGateway, cidr.Address, cidr.Address));
            Lose(given, at, ["address", "gateway"]);
        }

        AddRoutes(ipam, field);
        Lose(ipam, field, ["type", "addresses", "routes"]);
    }

    private void AddRoutes(JsonObject ipam, string field)
    {
        JsonArray routes = ipam["routes"] as JsonArray ?? [];
        for (int i = 0; i < routes.Count; i++)
        {
            string at = $"{field}.routes[{i}]";
            var given = routes[i] as JsonObject;
            if (Cidr.Parse(given?["dst"].Text())?.Network is not { } destination || GatewayOf(given!, destination) is not { } gateway)
            {
                _losses.Add(at);
                continue;
            }

            uint? metric = given!["priority"].Number();
            _routes.Add(new Route(destination, gateway, metric));
            Lose(given, at, metric is null ? ["dst", "gw"] : ["dst", "gw", "priority"]);
        }
    }

    private IPAddress? GatewayOf(JsonObject route, IPNetwork destination) => route["gw"].SaysSomething()
        ? IPAddress.TryParse(route["gw"].Text(), out IPAddress? gateway) ? gateway : null
        : _subnets.Find(subnet => subnet.Family == destination.BaseAddress.AddressFamily)?.Gateway;

    // Podman has one address of each subnet, and none of two that overlap.
    private bool IsTaken(IPNetwork network) =>
        _subnets.Exists(subnet => Contains(subnet.Network, network.BaseAddress) || Contains(network, subnet.Network.BaseAddress));

    private void Lose(JsonObject given, string field, string[] known) =>
        _losses.AddRange(given.Where(pair => !known.Contains(pair.Key) && pair.Value.SaysSomething()).Select(pair => $"{field}.{pair.Key}"));

    private static bool Contains(IPNetwork network, IPAddress address) =>
        address.AddressFamily == network.BaseAddress.AddressFamily && network.Contains(address);

    private static int Bits(IPNetwork network) => network.BaseAddress.GetAddressBytes().Length * 8;

    private static IPAddress First(IPNetwork network)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }

    private static JsonArray? Array(IEnumerable<JsonNode> items) => items.ToArray<JsonNode?>() is { Length: > 0 } array ? new JsonArray(array) : null;

    private sealed record Subnet(IPNetwork Network, IPAddress? Gateway, bool SaysGateway, IPAddress? Start, IPAddress? End)
    {
        public AddressFamily Family => Network.BaseAddress.AddressFamily;

        public JsonObject ToJson()
        {
            var json = new JsonObject { ["subnet"] = Network.ToString() };
            if (SaysGateway)
                json["gateway"] = Gateway?.ToString();
            if (Start is not null || End is not null)
            {
                var range = new JsonObject();
                if (Start is not null)
                    range["start_ip"] = Start.ToString();
                if (End is not null)
                    range["end_ip"] = End.ToString();
                json["lease_range"] = range;
            }

            return json;
        }
    }

    private sealed record Route(IPNetwork Destination, IPAddress Gateway, uint? Metric)
    {
        public bool IsDefault => Destination.PrefixLength == 0;

        public JsonObject ToJson()
        {
            var json = new JsonObject { ["destination"] = Destination.ToString(), ["gateway"] = Gateway.ToString() };
            if (Metric is { } metric)
                json["metric"] = metric;
            return json;
        }
    }

    private readonly record struct Cidr(IPAddress Address, IPNetwork Network)
    {
        public static Cidr? Parse(string? text)
        {
            if (text?.Split('/') is not [var ip, var prefix] || !IPAddress.TryParse(ip, out IPAddress? address) ||
                !byte.TryParse(prefix, out byte length) || length > address.GetAddressBytes().Length * 8)
            {
                return null;
            }

            byte[] bytes = address.GetAddressBytes();
            for (int bit = length; bit < bytes.Length * 8; bit++)
                bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            return new Cidr(address, new IPNetwork(new IPAddress(bytes), length));
        }
    }
}
