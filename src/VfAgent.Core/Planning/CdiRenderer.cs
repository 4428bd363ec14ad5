using System.Text.Json.Nodes;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// Container Device Interface specs. 0.5.0 is the oldest version that has all that is used here (device names that start with a
/// digit); a newer one would be refused by older runtimes.
/// </summary>
public static class CdiRenderer
{
    private const string Vendor = "vfagent.io";

    public static string VfioDevice(string attachment) => $"{Vendor}/vfio={attachment}";

    public static string VhostNetDevice(string resource) => $"{Vendor}/vhost-net={resource}";

    /// <summary>A VF on vfio-pci: the container device and the VF's group.</summary>
    public static string? Vfio(string attachment, VirtualFunction vf) => vf.IommuGroup is { } group
        ? Spec("vfio", attachment, "/dev/vfio/vfio", $"/dev/vfio/{group.DeviceNode}")
        : null;

    /// <summary>What a virtual machine's or DPDK's vhost-net needs.</summary>
    public static string VhostNet(string resource) => Spec("vhost-net", resource, "/dev/net/tun", "/dev/vhost-net");

    private static string Spec(string kind, string device, params ReadOnlySpan<string> nodes)
    {
        var deviceNodes = new JsonArray();
        foreach (string node in nodes)
            deviceNodes.Add((JsonNode)new JsonObject { ["path"] = node });

        return ConflistRenderer.ToText(new JsonObject
        {
            ["cdiVersion"] = "0.5.0",
            ["kind"] = $"{Vendor}/{kind}",
            ["devices"] = new JsonArray(new JsonObject
            {
                ["name"] = device,
                ["containerEdits"] = new JsonObject { ["deviceNodes"] = deviceNodes },
            }),
        });
    }
}
