namespace VfAgent.Hardware.Tests;

/// <summary>vf-operator's example with the CNI plugin that Debian ships.</summary>
internal static class Payloads
{
    public const string Resource = EndToEnd.Tests.Payloads.Resource;

    public const string Attachment =
        """{"name":"f1-u","resourceName":"eth3-vfs","config":{"cniVersion":"1.0.0","plugins":[{"type":"host-device"}]}}""";

    public static string AttachmentOf(string name, string resource) =>
        Attachment.Replace("f1-u", name, StringComparison.Ordinal).Replace("eth3-vfs", resource, StringComparison.Ordinal);

    /// <summary>All seven VFs of a PF.</summary>
    public static string All(string name, string pf) => $$$"""{"name":"{{{name}}}","numVfs":7,"nicSelector":{"pfNames":["{{{pf}}}"]}}""";
}
