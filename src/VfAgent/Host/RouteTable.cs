using System.Globalization;
using System.Net;
using System.Numerics;

namespace VfAgent.Host;

/// <summary>
/// The kernel's main route tables as <c>/proc/net/route</c> and <c>/proc/net/ipv6_route</c> show them (net/ipv4/fib_trie.c, net/ipv6/route.c). Rules
/// for other tables are not looked at: what they lead elsewhere is the choice of somebody who knows.
/// </summary>
internal sealed class RouteTable
{
    // RTF_UP and RTF_REJECT (linux/route.h).
    private const int Up = 0x1;
    private const int Reject = 0x200;

    private readonly List<Route> _routes = [];

    /// <summary>What cannot be parsed is left out.</summary>
    public static RouteTable Parse(string ipv4, string ipv6)
    {
        var table = new RouteTable();
        foreach (string line in ipv4.Split('\n').Skip(1))
            table.Add(Ipv4(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        foreach (string line in ipv6.Split('\n'))
            table.Add(Ipv6(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        return table;
    }

    /// <summary>The links that default routes lead over.</summary>
    public IEnumerable<string> DefaultLinks => _routes.Where(route => route.Prefix.PrefixLength == 0).Select(route => route.Link);

    /// <summary>Of these the links that packets leave by now, one for each family that has a default route.</summary>
    public IEnumerable<string> ChosenDefaultLinks => _routes
        .Where(route => route.Prefix.PrefixLength == 0)
        .GroupBy(route => route.Prefix.BaseAddress.AddressFamily)
        .Select(family => family.MinBy(route => route.Metric)!.Link);

    /// <summary>The link that packets to an address leave by; null when there is no way to it.</summary>
    public string? LinkTo(IPAddress address) => _routes
        .Where(route => route.Prefix.Contains(address))
        .OrderByDescending(route => route.Prefix.PrefixLength).ThenBy(route => route.Metric)
        .FirstOrDefault()?.Link;

    private void Add(Route? route)
    {
        if (route is not null && route.Link != "lo")
            _routes.Add(route);
    }

    // Iface Destination Gateway Flags RefCnt Use Metric Mask …: addresses as the kernel's number of their bytes in memory, which is IPAddress's own
    // as well; the metric as if it had a sign.
    private static Route? Ipv4(string[] fields) =>
        fields.Length >= 8 && IsUsable(fields[3]) && Hex(fields[1]) is { } destination && Hex(fields[7]) is { } mask &&
        int.TryParse(fields[6], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int metric)
            ? new Route(new IPNetwork(new IPAddress(destination), BitOperations.PopCount(mask)), fields[0], (uint)metric)
            : null;

    // destination, its length, source, its length, gateway, metric, references, uses, flags, link; all hex.
    private static Route? Ipv6(string[] fields) =>
        fields.Length >= 10 && IsUsable(fields[8]) && Bytes(fields[0]) is { Length: 16 } destination &&
        Hex(fields[1]) is { } length and <= 128 && Hex(fields[5]) is { } metric
            ? new Route(new IPNetwork(new IPAddress(destination), (int)length), fields[9], metric)
            : null;

    private static bool IsUsable(string flags) => Hex(flags) is { } value && (value & Up) != 0 && (value & Reject) == 0;

    private static uint? Hex(string text) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) ? value : null;

    private static byte[]? Bytes(string text)
    {
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private sealed record Route(IPNetwork Prefix, string Link, uint Metric);
}
