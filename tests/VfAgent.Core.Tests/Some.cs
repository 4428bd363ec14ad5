using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Tests;

/// <summary>Ordinary objects, for tests that change one thing about them.</summary>
internal static class Some
{
    public static readonly NicSelector Selector = new([], [], [], ["eth3"]);

    public static readonly ResourceSpec Resource = new("eth3-vfs", 1500, 4, NeedVhostNet: false, Selector, DeviceTypes.NetDevice);

    public static readonly PhysicalFunction Pf = new()
    {
        Address = PciAddress.Parse("0000:02:00.0"),
        Vendor = "8086",
        DeviceId = "10c9",
        Driver = "igb",
        TotalVfs = 7,
        NumVfs = 1,
        Netdev = new NetDevice("eth3", 3, "00:00:00:01:03:01", 1500, "up"),
        Vfs = [Vf],
    };

    public static VirtualFunction Vf => new(
        2, PciAddress.Parse("0000:02:10.4"), "8086", "10ca", "igbvf", null,
        new NetDevice("eth7", 7, "00:00:00:01:03:07", 1500, "up"), new IommuGroup(21));

    public static AttachmentSpec Attachment(string config, string? resourceName = "eth3-vfs") => new("f1-u", resourceName, Json(config));

    public static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
