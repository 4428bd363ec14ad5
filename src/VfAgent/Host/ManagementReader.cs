using System.Net;
using VfAgent.Core.Kernel;

namespace VfAgent.Host;

/// <summary>
/// Finds out whether the host is managed over a netdev: whether a default route or the way to the broker leads over it, or over what it is a part of
/// (a bond, a bridge, a VLAN on it, whatever is stacked upon whatever).
/// </summary>
/// <param name="kernel">The machine.</param>
/// <param name="paths">Where sysfs and proc are.</param>
/// <param name="broker">The broker's address; null while it is not known.</param>
internal sealed class ManagementReader(IKernel kernel, HostPaths paths, Func<IPAddress?> broker)
{
    private const string UpperPrefix = "upper_";

    private readonly string _links = Path.Combine(paths.SysRoot, "class", "net");

    /// <returns>What the netdev carries, such as <c>the default route (over bond0)</c>; null when the host does not hang on it.</returns>
    public string? CarriedBy(string netdev, Look look)
    {
        RouteTable routes = Read(look);
        string? toBroker = broker() is { } address ? routes.LinkTo(address) : null;
        HashSet<string> defaults = [.. routes.DefaultLinks];
        if (toBroker is null && defaults.Count == 0)
            return null;

        foreach (string link in Stack(netdev, look))
        {
            string over = link == netdev ? "" : $" (over {link})";
            if (defaults.Contains(link))
                return $"the default route{over}";
            if (link == toBroker)
                return $"the connection to the broker{over}";
        }

        return null;
    }

    private RouteTable Read(Look look)
    {
        string Text(string table) => look.At(kernel.Read(Path.Combine(paths.ProcRoot, "net", table)), "")!;
        return RouteTable.Parse(Text("route"), Text("ipv6_route"));
    }

    // The netdev, and all that is stacked upon it.
    private List<string> Stack(string netdev, Look look)
    {
        List<string> stack = [netdev];
        for (int i = 0; i < stack.Count; i++)
        {
            IEnumerable<string> uppers = look.At(kernel.List(Path.Combine(_links, stack[i])), [])!
                .Where(name => name.StartsWith(UpperPrefix, StringComparison.Ordinal))
                .Select(name => name[UpperPrefix.Length..]);
            stack.AddRange(uppers.Except(stack, StringComparer.Ordinal).ToList());
        }

        return stack;
    }
}
