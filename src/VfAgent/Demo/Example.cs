using VfAgent.Protocol;

namespace VfAgent.Demo;

/// <summary>What the operator of the demo sends.</summary>
internal static class Example
{
    /// <summary>As vf-operator's documentation has it, like <see cref="Attachment"/>: its users' payloads work as they are.</summary>
    public const string Resource =
        """{"name":"eth3-vfs","mtu":1500,"needVhostNet":false,"numVfs":4,"nicSelector":{"drivers":["igb"],"pfNames":["eth3"]},"deviceType":"netdevice"}""";

    public const string Attachment =
        """{"name":"f1-u","resourceName":"eth3-vfs","config":{"cniVersion":"1.0.0","plugins":[{"type":"sriov"}]}}""";

    /// <summary><c>1.0</c> for 1.0.0, and <c>typ</c> for type.</summary>
    public const string Mistyped =
        """{"name":"f1-u","resourceName":"eth3-vfs","config":{"cniVersion":"1.0","plugins":[{"type":"sriov","vlan":100},{"typ":"tuning"}]}}""";

    public const string Corrected =
        """{"name":"f1-u","resourceName":"eth3-vfs","config":{"cniVersion":"1.0.0","plugins":[{"type":"sriov","vlan":100},{"type":"tuning"}]}}""";

    public const string ResourceName = "eth3-vfs";

    public const string AttachmentName = "f1-u";

    /// <summary>Lines for a shell, to go on by oneself.</summary>
    /// <param name="port">The broker's.</param>
    /// <param name="topics">The host's.</param>
    public static string Commands(int port, Topics topics)
    {
        string attachment = topics.Config(ConfigTopic.NetworkAttachment("g1-u"));
        string resource = topics.Config(ConfigTopic.Resource("eth2-vfs"));
        return $$$"""
            # watch the status
            mosquitto_sub -p {{{port}}} -v -t '{{{topics.JsonStatusFilter}}}'

            # one more network, which gets the next VF
            mosquitto_pub -p {{{port}}} -r -t {{{attachment}}} \
              -m '{"name":"g1-u","resourceName":"{{{ResourceName}}}","config":{"type":"sriov"}}'

            # delete it: an empty retained message
            mosquitto_pub -p {{{port}}} -r -n -t {{{attachment}}}

            # VFs on the other NIC
            mosquitto_pub -p {{{port}}} -r -t {{{resource}}} \
              -m '{"name":"eth2-vfs","numVfs":2,"nicSelector":{"pfNames":["eth2"]}}'
            """;
    }
}
