using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Simulation.Calls;
using VfAgent.Simulation.Hardware;

namespace VfAgent.Simulation;

/// <summary>A network namespace as one process has it open. When it ends before it is closed, its links are gone from it.</summary>
internal sealed class SimulatedNamespace(CallGate gate, AgentProcess process, Func<Machine> machine, string? container, long inode)
    : INetworkNamespace
{
    private const int LongestName = 15;

    public long Inode => inode;

    private Links Links => machine().Links;

    public IoResult<IReadOnlyList<Link>> GetLinks() => gate.Query<IoResult<IReadOnlyList<Link>>>(
        process, CallKind.GetLinks, Place, _ => All().Select(netdev => netdev.Describe()).ToArray(), errno => new IoError(errno, "get all links"));

    public IoError? MoveLink(int ifindex, INetworkNamespace to, string name)
    {
        var target = (SimulatedNamespace)to;
        return Set(CallKind.MoveLink, ifindex, $"{target.Place} {name}", $"move into another namespace as {name}", netdev =>
            target.Exists ? Links.Move(netdev, target.Container, name) : Errno.EINVAL);
    }

    public IoError? SetLinkName(int ifindex, string name) => Set(CallKind.SetLinkName, ifindex, name, $"rename to {name}", netdev => netdev switch
    {
        _ when !IsName(name) => Errno.EINVAL,
        _ when name == netdev.Name => null,
        { Up: true } => Errno.EBUSY,
        _ => Links.Rename(netdev, name) ? null : Errno.EEXIST,
    });

    public IoError? RemoveAlternativeName(int ifindex, string name) => Set(
        CallKind.SetLinkName, ifindex, $"not {name}", $"take the alternative name {name} from",
        netdev => netdev.AlternativeNames.Remove(name) ? null : All().Any(other => other.HasName(name)) ? Errno.EINVAL : Errno.ENOENT);

    public IoError? SetLinkMac(int ifindex, string mac) => Set(CallKind.SetLinkMac, ifindex, mac, $"set address {mac} of", netdev =>
        !MacAddress.IsOne(mac) ? Errno.EINVAL : Links.SetMac(netdev, mac));

    public IoError? SetLinkMtu(int ifindex, int mtu) => Set(CallKind.SetLinkMtu, ifindex, $"{mtu}", $"set MTU {mtu} of link", netdev =>
        Links.SetMtu(netdev, mtu)?.Errno);

    public IoError? SetLinkUp(int ifindex, bool up)
    {
        string word = up ? "up" : "down";
        return Set(CallKind.SetLinkUp, ifindex, word, $"set {word} link", netdev =>
        {
            Links.SetUp(netdev, up);
            return null;
        });
    }

    public IoError? AddAddress(int ifindex, IPAddress address, int prefixLength)
    {
        string text = $"{address}/{prefixLength}";
        return Set(CallKind.AddAddress, ifindex, text, $"add address {text} to", netdev =>
            netdev.Addresses.Add((address, prefixLength)) ? null : Errno.EEXIST);
    }

    public IoError? AddRoute(NetworkRoute route)
    {
        string operation = $"add route {route}";
        return gate.Mutate(process, CallKind.AddRoute, Place, route.ToString(), _ => Add() is { } errno ? Error(errno) : null, Error);

        IoError Error(Errno errno) => new(errno, operation);

        Errno? Add()
        {
            if (Container is null || Links.Namespaces.Find(Container) is not { } there)
                return Errno.ENETUNREACH;

            Netdev? via = All().FirstOrDefault(netdev => netdev.Up && (route.IfIndex ?? netdev.Index) == netdev.Index &&
                (route.Gateway is null ? route.IfIndex is not null : netdev.Reaches(route.Gateway)));
            if (route.Kind == RouteKind.Unicast && via is null)
                return Errno.ENETUNREACH;

            var added = new Namespaces.Route(route, via?.Index);
            if (there.Routes.Contains(added))
                return Errno.EEXIST;

            there.Routes.Add(added);
            return null;
        }
    }

    public void Dispose()
    {
    }

    private string? Container => container;

    private string Place => container ?? "host";

    // dev_valid_name.
    private static bool IsName(string name) =>
        name is not ("" or "." or "..") && name.Length <= LongestName && !name.Any(letter => letter is '/' or ':' || char.IsWhiteSpace(letter));

    private bool Exists => container is null || Links.Namespaces.Find(container)?.Inode == inode;

    private IEnumerable<Netdev> All() => Exists ? Links.In(container) : [];

    private IoError? Set(CallKind kind, int ifindex, string value, string operation, Func<Netdev, Errno?> set)
    {
        string name = NameOf(ifindex);
        return gate.Mutate(process, kind, name, value, _ => Effect() is { } errno ? Error(errno) : null, Error);

        IoError Error(Errno errno) => new(errno, $"{operation} {name}");

        Errno? Effect() => All().FirstOrDefault(netdev => netdev.Index == ifindex) is { } netdev ? set(netdev) : Errno.ENODEV;
    }

    private string NameOf(int ifindex)
    {
        using CallGate.Scope scope = gate.Look();
        return All().FirstOrDefault(netdev => netdev.Index == ifindex)?.Name ?? $"{ifindex}";
    }
}
