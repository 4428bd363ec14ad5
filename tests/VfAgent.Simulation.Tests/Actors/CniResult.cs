using System.Text;

namespace VfAgent.Simulation.Tests.Actors;

/// <summary>What libcni keeps of a container's ADD until its DEL (libcni/api.go, cacheAdd).</summary>
internal static class CniResult
{
    public static string PathOf(string network, string container, string @interface) => $"/var/lib/cni/results/{network}-{container}-{@interface}";

    /// <param name="network">Its name.</param>
    /// <param name="container">Whose namespace is named after it.</param>
    /// <param name="interface">The netdev's name in there.</param>
    /// <param name="config">The network as it was run.</param>
    public static string Of(string network, string container, string @interface, string config) => $$"""
        {"kind":"cniCacheV1","containerId":"{{container}}","config":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(config))}}","ifName":"{{@interface}}",
         "networkName":"{{network}}","netns":"/run/netns/{{container}}"}
        """;
}
