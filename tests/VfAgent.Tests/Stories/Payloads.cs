namespace VfAgent.Tests.Stories;

/// <summary>vf-operator's example, as its documents have it.</summary>
internal static class Payloads
{
    public const string ResourceTopic = "config/resources/eth3-vfs";
    public const string AttachmentTopic = "config/networkattachments/f1-u";

    public const string Resource =
        """{"name":"eth3-vfs","mtu":1500,"needVhostNet":false,"numVfs":4,"nicSelector":{"drivers":["igb"],"pfNames":["eth3"]},"deviceType":"netdevice"}""";

    public const string Attachment = """{"name":"f1-u","resourceName":"eth3-vfs","config":{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}}""";

    public static string ResourceWith(int numVfs) => Resource.Replace("\"numVfs\":4", $"\"numVfs\":{numVfs}", StringComparison.Ordinal);

    public static string AttachmentNamed(string name, string resource = "eth3-vfs") =>
        $$$"""{"name":"{{{name}}}","resourceName":"{{{resource}}}","config":{"plugins":[{"type":"sriov"}]}}""";
}
