namespace VfAgent.Core.Planning;

/// <summary>
/// The names of our files in folders that we share with others. The prefix is the mark of ownership, but for podman's networks: their file names
/// are the networks' own, and what they say is the mark (<see cref="PodmanNetworkRenderer.IsOurs"/>).
/// </summary>
public static class OwnedFiles
{
    private const string Prefix = "vfagent-";

    public static bool IsOurs(string fileName) => fileName.StartsWith(Prefix, StringComparison.Ordinal);

    public static string Conflist(string attachment) => $"{Prefix}{attachment}.conflist";

    public static string PodmanNetwork(string attachment) => $"{attachment}.json";

    public static string VfioSpec(string attachment) => $"{Prefix}vfio-{attachment}.json";

    public static string VhostNetSpec(string resource) => $"{Prefix}vhost-net-{resource}.json";
}
