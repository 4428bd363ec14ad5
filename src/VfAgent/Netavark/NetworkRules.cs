using System.Globalization;
using System.Net;
using System.Net.Sockets;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Leases;

namespace VfAgent.Netavark;

/// <summary>
/// What a network and a container's options ask of the link, checked before anything is done: addresses, gateways and routes as netavark's own
/// drivers take them (its src/network/core_utils.rs).
/// </summary>
internal static class NetworkRules
{
    /// <summary>The VFs that a network may hand out: PCI addresses with blanks between them.</summary>
    public const string VfsOption = "vfagent.vfs";

    // As netavark's macvlan: of two networks, the one with hardware of its own leads out.
    private const long DefaultMetric = 99;
    private const int LongestInterfaceName = 15;
    private const int SmallestMtu = 68;

    /// <returns>null, or what is wrong with the network.</returns>
    public static string? Check(Network network, out IReadOnlyList<PciAddress> vfs)
    {
        List<PciAddress> addresses = [];
        vfs = addresses;
        if (network.Option(VfsOption) is not { } option)
        {
            return $"network {network.Name} has no option {VfsOption}: VfAgent writes its networks itself, or name VFs " +
                $"(--opt {VfsOption}=\"0000:02:10.0 0000:02:10.2\")";
        }

        foreach (string word in option.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!PciAddress.TryParse(word, out PciAddress vf))
                return $"option {VfsOption} of network {network.Name}: '{word}' is not a PCI address such as 0000:02:10.0";

            addresses.Add(vf);
        }

        return Mtu(network, out _) ?? Metric(network, out _) ?? Ipam(network) ?? Prefixes(network, out _) ?? StaticRoutes(network, out _);
    }

    /// <returns>null, or what is wrong with what is asked for.</returns>
    public static string? Read(Network network, NetworkOptions options, out LinkWish wish)
    {
        wish = new LinkWish(options.StaticMac?.Replace('-', ':').ToLowerInvariant(), null, [], []);
        if (options.InterfaceName is "" or "." or ".." || options.InterfaceName.Length > LongestInterfaceName ||
            options.InterfaceName.Any(letter => letter is '/' or ':' || char.IsWhiteSpace(letter)))
        {
            return $"'{options.InterfaceName}' is no name for an interface (at most {LongestInterfaceName} characters, no /, : or blank)";
        }

        if (wish.Mac is { } mac && !MacAddress.IsUnicast(mac))
            return $"'{options.StaticMac}' is not the address of one interface";

        string?[] errors =
        [
            Mtu(network, out int? mtu), Metric(network, out long metric), Prefixes(network, out List<(IPNetwork, IPAddress?)> prefixes),
            Addresses(network, options, prefixes, out List<LinkAddress> addresses), StaticRoutes(network, out List<NetworkRoute> routes),
        ];
        wish = wish with { Mtu = mtu, Addresses = addresses, Routes = [.. Defaults(network, prefixes, metric), .. routes] };
        return errors.FirstOrDefault(error => error is not null);
    }

    // One for each family, over the first gateway. A network without addresses has none to go over.
    private static IEnumerable<NetworkRoute> Defaults(Network network, List<(IPNetwork Prefix, IPAddress? Gateway)> prefixes, long metric) =>
        network.Internal || network.Option("no_default_route") is "true" or "1" || !HasAddresses(network)
            ? []
            : prefixes.Where(prefix => prefix.Gateway is not null).DistinctBy(prefix => prefix.Gateway!.AddressFamily)
                .Select(prefix => new NetworkRoute(
                    new IPNetwork(prefix.Gateway!.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0),
                    Gateway: prefix.Gateway, Metric: metric));

    private static bool HasAddresses(Network network) => network.IpamOptions?.GetValueOrDefault("driver") != "none";

    private static string? Ipam(Network network) =>
        network.IpamOptions?.GetValueOrDefault("driver") is { } driver and not ("host-local" or "none" or "")
        ? $"network {network.Name}: ipam driver {driver} is not supported, only host-local and none"
        : null;

    private static string? Mtu(Network network, out int? mtu)
    {
        mtu = null;
        if (network.Option("mtu") is not { Length: > 0 } text)
            return null;
        if (!int.TryParse(text, out int bytes) || bytes < SmallestMtu)
            return $"option mtu of network {network.Name}: '{text}' is not a number of bytes";

        mtu = bytes;
        return null;
    }

    private static string? Metric(Network network, out long metric)
    {
        metric = DefaultMetric;
        return network.Option("metric") is not { Length: > 0 } text || (uint.TryParse(text, out uint given) && (metric = given) == given)
            ? null
            : $"option metric of network {network.Name}: '{text}' is not a number";
    }

    private static string? Prefixes(Network network, out List<(IPNetwork Prefix, IPAddress? Gateway)> prefixes)
    {
        prefixes = [];
        foreach (Subnet subnet in network.Subnets ?? [])
        {
            if (ParsePrefix(subnet.Prefix) is not { } prefix)
                return $"subnet '{subnet.Prefix}' of network {network.Name} is not an address with a prefix length";
            if (prefixes.Any(other => other.Prefix.Contains(prefix.BaseAddress) || prefix.Contains(other.Prefix.BaseAddress)))
                return $"subnet {prefix} of network {network.Name} overlaps another one";

            IPAddress? gateway = null;
            if (subnet.Gateway is { Length: > 0 } given && !IPAddress.TryParse(given, out gateway))
                return $"gateway '{given}' of network {network.Name} is not an address";

            prefixes.Add((prefix, gateway));
        }

        return null;
    }

    private static string? Addresses(
        Network network, NetworkOptions options, List<(IPNetwork Prefix, IPAddress? Gateway)> prefixes, out List<LinkAddress> addresses)
    {
        addresses = [];
        if (Ipam(network) is { } unsupported)
            return unsupported;
        if (!HasAddresses(network))
            return null;
        if (prefixes.Count > 0 && options.StaticIps is null)
            return "no static ips provided";

        foreach (string text in options.StaticIps ?? [])
        {
            if (!IPAddress.TryParse(text, out IPAddress? address))
                return $"'{text}' is not an address";
            if (prefixes.FindIndex(prefix => prefix.Prefix.Contains(address)) is not (>= 0 and var at))
                return $"address {address} is in no subnet of network {network.Name}";

            addresses.Add(new LinkAddress(address, prefixes[at].Prefix, prefixes[at].Gateway));
        }

        return null;
    }

    private static string? StaticRoutes(Network network, out List<NetworkRoute> routes)
    {
        routes = [];
        foreach (Route route in network.Routes ?? [])
        {
            if (ParsePrefix(route.Destination) is not { } destination)
                return $"route destination '{route.Destination}' of network {network.Name} is not an address with a prefix length";

            RouteKind? kind = route.RouteType switch
            {
                null or "" or "unicast" => RouteKind.Unicast,
                "blackhole" => RouteKind.Blackhole,
                "unreachable" => RouteKind.Unreachable,
                "prohibit" => RouteKind.Prohibit,
                _ => null,
            };
            IPAddress? gateway = null;
            bool isMisled = route.Gateway is { Length: > 0 } given && !IPAddress.TryParse(given, out gateway);
            if (kind is null || isMisled || route.Metric is < 0 or > uint.MaxValue)
                return $"route {destination} of network {network.Name}: its type, gateway or metric is none";
            if (kind == RouteKind.Unicast != gateway is not null)
                return $"route {destination} of network {network.Name}: a unicast route has a gateway, and no other has";
            if (gateway is not null && gateway.AddressFamily != destination.BaseAddress.AddressFamily)
                return $"route {destination} of network {network.Name}: {gateway} is of the other IP version";

            routes.Add(new NetworkRoute(destination, kind.Value, gateway, Metric: route.Metric));
        }

        return null;
    }

    // Bits behind the prefix are forgiven, as netavark does.
    private static IPNetwork? ParsePrefix(string text)
    {
        if (text.Split('/') is not [var start, var length] || !IPAddress.TryParse(start, out IPAddress? address))
            return null;

        byte[] octets = address.GetAddressBytes();
        if (!int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) || bits > 8 * octets.Length)
            return null;

        for (int bit = bits; bit < 8 * octets.Length; bit++)
            octets[bit / 8] &= (byte)~(0x80 >> (bit % 8));

        return new IPNetwork(new IPAddress(octets), bits);
    }
}
