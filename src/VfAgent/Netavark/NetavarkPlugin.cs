using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Leases;

namespace VfAgent.Netavark;

/// <summary>
/// The netavark plugin (containers/netavark, plugin-API.md): netavark starts it when a container is to get an interface in a network whose driver is
/// <c>vfagent</c>, and when the container ends. It needs no agent, no broker and no settings.
/// </summary>
internal sealed class NetavarkPlugin
{
    private const string ApiVersion = "1.0.0";

    private readonly IKernel _kernel;
    private readonly VfLending _lending;

    public NetavarkPlugin(IKernel kernel, IDisk disk, HostPaths paths) =>
        (_kernel, _lending) = (kernel, new VfLending(kernel, new DurableFiles(disk), paths));

    /// <summary>Whether these are a plugin's arguments.</summary>
    public static bool Answers(IReadOnlyList<string> arguments) => arguments is ["info" or "create" or "setup" or "teardown", ..];

    /// <param name="arguments">The subcommand and, for setup and teardown, the path of the container's network namespace.</param>
    /// <param name="input">What netavark says, as JSON.</param>
    /// <param name="output">Where the answer goes: what is asked for, or why not.</param>
    /// <returns>The exit code.</returns>
    public int Run(IReadOnlyList<string> arguments, Stream input, Stream output)
    {
        string? error;
        try
        {
            error = arguments switch
            {
                ["info"] => Answer(output, new PluginInfo(Agent.Version, ApiVersion), NetavarkJson.Default.PluginInfo),
                ["create"] => Create(input, output),
                ["setup", var path] => Setup(path, Read(input), output),
                ["teardown", var path] => Teardown(Read(input)),
                ["info" or "create", ..] => $"{arguments[0]} takes no argument",
                _ => $"{arguments[0]} takes one argument, the path of a network namespace",
            };
        }
        catch (JsonException exception)
        {
            error = $"what netavark says is not understood: {exception.Message}";
        }

        if (error is null)
            return 0;

        Answer(output, new PluginError(error), NetavarkJson.Default.PluginError);
        return 1;
    }

    private static string? Create(Stream input, Stream output)
    {
        // What is in it besides belongs to podman, which wants it back.
        using var json = JsonDocument.Parse(input);
        if (NetworkRules.Check(json.Deserialize(NetavarkJson.Default.Network)!, out _) is { } error)
            return error;

        using var writer = new Utf8JsonWriter(output);
        json.WriteTo(writer);
        return null;
    }

    private string? Setup(string path, PluginInput input, Stream output)
    {
        (Network network, NetworkOptions options) = (input.Network, input.NetworkOptions);
        if (NetworkRules.Check(network, out IReadOnlyList<PciAddress> vfs) is { } unusable)
            return unusable;
        if (NetworkRules.Read(network, options, out LinkWish link) is { } wrong)
            return wrong;

        IoResult<INetworkNamespace> opened = _kernel.OpenNamespace(path);
        if (!opened.Ok)
            return opened.Error.ToString();

        using INetworkNamespace container = opened.Value;
        IoResult<IReadOnlyList<Link>> links = container.GetLinks();
        if (!links.Ok)
            return links.Error.ToString();
        if (links.Value.Any(other => other.Name == options.InterfaceName))
            return $"the container has an interface {options.InterfaceName} already";

        // A container is in one namespace: what it had of this network in an earlier one, it has no more.
        foreach (Lease earlier in LeasesOf(input, vfs))
        {
            if (_lending.Return.GiveBack(earlier) is { } stuck)
                return $"{earlier.Vf} of an earlier start: {stuck}";
        }

        var wish = new VfWish(input.ContainerId, input.ContainerName, network.Name, vfs, path, container.Inode, options.InterfaceName)
        {
            WantsMac = link.Mac is not null,
        };
        if (_lending.Pool.Take(wish, out Lease? lease, out IDisposable? guard) is { } none)
            return none;

        IoError? failure;
        string mac;
        using (guard)
            failure = _lending.Handover.Attach(lease!, container, link, out mac);
        if (failure is null)
            return Answer(output, Status(network, options, link, mac), NetavarkJson.Default.StatusBlock);

        IoError? left = _lending.Return.GiveBack(lease!);
        return $"{lease!.Vf}: {failure}{(left is null ? "" : $"; and it could not be given back: {left}")}";
    }

    private string? Teardown(PluginInput input)
    {
        NetworkRules.Check(input.Network, out IReadOnlyList<PciAddress> vfs);
        IEnumerable<Lease> leases = LeasesOf(input, [.. vfs, .. _lending.Leases.List().ValueOr([])!.Except(vfs)]);
        string[] errors = [.. leases.Select(lease => _lending.Return.GiveBack(lease)).OfType<IoError>().Select(error => error.ToString())];
        return errors.Length == 0 ? null : string.Join("; ", errors);
    }

    // A network's file may have been changed since, so at the end the others are looked at as well.
    private IEnumerable<Lease> LeasesOf(PluginInput input, IEnumerable<PciAddress> vfs) =>
        _lending.Leases.Of(vfs).Where(lease => lease.IsOf(input.ContainerId, input.Network.Name));

    private static StatusBlock Status(Network network, NetworkOptions options, LinkWish link, string mac) => new(
        [],
        network.NetworkDnsServers ?? [],
        new(StringComparer.Ordinal)
        {
            [options.InterfaceName] = new Interface(mac, [.. link.Addresses.Select(own => new NetAddress($"{own}", own.Gateway?.ToString()))]),
        });

    private static PluginInput Read(Stream input) =>
        JsonSerializer.Deserialize(input, NetavarkJson.Default.PluginInput) ?? throw new JsonException("it is null");

    private static string? Answer<T>(Stream output, T answer, JsonTypeInfo<T> type)
    {
        JsonSerializer.Serialize(output, answer, type);
        return null;
    }
}
