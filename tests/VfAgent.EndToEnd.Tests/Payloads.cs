namespace VfAgent.EndToEnd.Tests;

/// <summary>vf-operator's example, byte for byte, and small variations of it.</summary>
internal static class Payloads
{
    public const string Resource =
        """{"name":"eth3-vfs","mtu":1500,"needVhostNet":false,"numVfs":4,"nicSelector":{"drivers":["igb"],"pfNames":["eth3"]},"deviceType":"netdevice"}""";

    public const string Attachment =
        """{"name":"f1-u","resourceName":"eth3-vfs","config":{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}}""";

    /// <summary>An attachment that takes a VF of a resource.</summary>
    public static string AttachmentOf(string name, string resource) =>
        $$$"""{"name":"{{{name}}}","resourceName":"{{{resource}}}","config":{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}}""";

    /// <summary>An attachment that needs no VF.</summary>
    public static string Bridge(string name) =>
        $$$"""{"name":"{{{name}}}","config":{"cniVersion":"1.0.0","plugins":[{"type":"bridge","bridge":"br0"}]}}""";
}
