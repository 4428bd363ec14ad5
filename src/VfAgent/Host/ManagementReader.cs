using System.Collections.Immutable;
using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Host;

/// <summary>
/// Finds out what the host itself has a netdev for: what it is a part of (a bond, a bridge, a VLAN on it, whatever is stacked upon whatever), and
/// whether a default route or the way to the broker leads over any of that.
/// </summary>
/// <param name="kernel">The machine.</param>
/// <param name="paths">Where sysfs and proc are.</param>
/// <param name="broker">The broker's address; null while it is not known.</param>
internal sealed class ManagementReader(IKernel kernel, HostPaths paths, Func<IPAddress?> broker)
{
    private const string UpperPrefix = "upper_";

    private readonly string _links = Path.Combine(paths.SysRoot, "class", "net");

    /// <summary>Over which links the host is managed now.</summary>
    public ManagementLinks Read(Look look)
    {
        string Text(string table) => look.At(kernel.Read(Path.Combine(paths.ProcRoot, "net", table)), "")!;
        var routes = RouteTable.Parse(Text("route"), Text("ipv6_route"));
        return new ManagementLinks([.. routes.DefaultLinks], [.. routes.ChosenDefaultLinks], broker() is { } address ? routes.LinkTo(address) : null);
    }

    /// <returns>What the netdev carries, such as <c>the default route (over bond0)</c>; null when the host does not hang on it.</returns>
    public string? CarriedBy(string netdev, ManagementLinks links, Look look) =>
        links.AreNone ? null : CarriedBy(netdev, UppersOf(netdev, look), links, look);

    /// <summary>The same for a VF, and what it is a part of. Costs one list of its folder for a VF that the host does not use.</summary>
    public VirtualFunction WithHostsUse(VirtualFunction vf, ManagementLinks links, Look look)
    {
        if (vf.Netdev is not { Name: var netdev })
            return vf;

        List<string> uppers = UppersOf(netdev, look);

        // It often gets a default route of its own by DHCP that nobody needs.
        ManagementLinks chosen = links with { Defaults = links.ChosenDefaults };
        return vf with { Upper = uppers.Count > 0 ? uppers[0] : null, Carries = CarriedBy(netdev, uppers, chosen, look) };
    }

    private string? CarriedBy(string netdev, List<string> uppers, ManagementLinks links, Look look)
    {
        // The netdev, and all that is stacked upon it.
        List<string> stack = [netdev, .. uppers];
        for (int i = 0; i < stack.Count; i++)
        {
            string over = i == 0 ? "" : $" (over {stack[i]})";
            if (links.Defaults.Contains(stack[i], StringComparer.Ordinal))
                return $"the default route{over}";
            if (links.ToBroker == stack[i])
                return $"the connection to the broker{over}";
            if (i > 0)
                stack.AddRange(UppersOf(stack[i], look).Except(stack, StringComparer.Ordinal).ToList());
        }

        return null;
    }

    // Whatever is stacked upon a link in the same network namespace (netdev_adjacent_sysfs_add in net/core/dev.c).
    private List<string> UppersOf(string link, Look look) =>
        [.. look.At(kernel.List(Path.Combine(_links, link)), [])!
            .Where(name => name.StartsWith(UpperPrefix, StringComparison.Ordinal))
            .Select(name => name[UpperPrefix.Length..])];
}

/// <param name="Defaults">Those that default routes lead over.</param>
/// <param name="ChosenDefaults">Of these those that packets leave by now.</param>
/// <param name="ToBroker">The one that leads to the broker; null while that is not known.</param>
internal sealed record ManagementLinks(ImmutableArray<string> Defaults, ImmutableArray<string> ChosenDefaults, string? ToBroker)
{
    public bool AreNone => Defaults.IsEmpty && ToBroker is null;
}
