using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// The names of our files in folders that we share with others. The prefix is the mark of ownership, but for podman's networks: their file names
/// are the networks' own, and what they say is the mark (<see cref="PodmanNetworkRenderer.IsOurs"/>).
/// </summary>
public static class OwnedFiles
{
    private const string Prefix = "vfagent-";

    public static bool IsOurs(string fileName) => fileName.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A network in a folder of them, as it is read.</summary>
    /// <param name="folder">Which.</param>
    /// <param name="fileName">Without the folder.</param>
    /// <param name="stamp">The file's.</param>
    /// <param name="networkName">null when it cannot be parsed.</param>
    /// <param name="text">What is in it.</param>
    public static NetworkFile Network(OwnedFolder folder, string fileName, FileStamp stamp, string? networkName, string text)
    {
        bool ours = folder == OwnedFolder.Conflists ? IsOurs(fileName) : PodmanNetworkRenderer.IsOurs(text);
        ImmutableArray<PciAddress> devices = PciAddress.FindAll(text);
        return new NetworkFile(fileName, stamp, ours, networkName, devices, ours ? text : null)
        {
            // A podman network of one VF may be either: then it says nothing.
            IsPool = ours && (folder == OwnedFolder.Conflists ? ConflistRenderer.IsPool(text) : devices.Length != 1),
        };
    }

    public static string Conflist(string attachment) => $"{Prefix}{attachment}.conflist";

    public static string PodmanNetwork(string attachment) => $"{attachment}.json";

    public static string VfioSpec(string attachment) => $"{Prefix}vfio-{attachment}.json";

    public static string VhostNetSpec(string resource) => $"{Prefix}vhost-net-{resource}.json";
}
