using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using VfAgent.Protocol.V1;
using Xunit;

namespace VfAgent.Protocol.Tests;

/// <summary>
/// vf-operator's wire format (pkg/api/v1/network/networkservice.proto), written down by hand so that no change of our schema can move it.
/// </summary>
public sealed class VfOperatorWireTests
{
    // message, field number, JSON name, type; [] for repeated.
    private static readonly string[] _fields =
    [
        "HostConfig 1 resourceConfigs ResourceConfig[]",
        "HostConfig 2 networkattachments NetworkAttachment[]",
        "NetworkAttachment 1 name String",
        "NetworkAttachment 2 resourceName String",
        "NetworkAttachment 3 config Struct",
        "NicSelector 1 vendors String[]",
        "NicSelector 2 drivers String[]",
        "NicSelector 3 devices String[]",
        "NicSelector 4 pfNames String[]",
        "Resource 1 spec ResourceSpec",
        "Resource 2 status ResourceStatus[]",
        "ResourceConfig 1 name String",
        "ResourceConfig 2 mtu UInt32",
        "ResourceConfig 3 numVfs UInt32",
        "ResourceConfig 4 needVhostNet Bool",
        "ResourceConfig 5 nicSelector NicSelector",
        "ResourceConfig 6 deviceType String",
        "ResourceSpec 1 name String",
        "ResourceSpec 2 mtu UInt32",
        "ResourceSpec 3 numVfs UInt32",
        "ResourceSpec 4 needVhostNet Bool",
        "ResourceSpec 5 devices String[]",
        "ResourceSpec 6 deviceType String",
        "ResourceStatus 1 name String",
        "ResourceStatus 2 mtu UInt32",
        "ResourceStatus 3 numVfs UInt32",
        "ResourceStatus 4 mac String",
        "ResourceStatus 5 vendor String",
        "ResourceStatus 6 driver String",
        "ResourceStatus 7 device String",
        "ResourceStatus 8 vfs VFResourceStatus[]",
        "VFResourceStatus 1 name String",
        "VFResourceStatus 2 mac String",
        "VFResourceStatus 3 vendor String",
        "VFResourceStatus 4 driver String",
        "VFResourceStatus 5 device String",
    ];

    private static readonly MessageDescriptor[] _messages =
    [
        HostConfig.Descriptor, NetworkAttachment.Descriptor, NicSelector.Descriptor, Resource.Descriptor,
        ResourceConfig.Descriptor, ResourceSpec.Descriptor, ResourceStatus.Descriptor, VFResourceStatus.Descriptor,
    ];

    [Fact]
    public void The_fields_below_16_are_vf_operators() =>
        Assert.Equal<string[]>(_fields, [.. _messages.SelectMany(m => m.Fields.InFieldNumberOrder()).Where(f => f.FieldNumber < 16).Select(Describe)]);

    [Fact]
    public void A_host_config_is_read() => // resourceConfigs { name: "r" } networkattachments { name: "n" }
        Assert.Equal(
            new HostConfig { ResourceConfigs = { new ResourceConfig { Name = "r" } }, Networkattachments = { new NetworkAttachment { Name = "n" } } },
            PayloadReader.ReadHostConfig(Convert.FromHexString("0A03" + "0A0172" + "1203" + "0A016E")).Value);

    [Fact]
    public void A_resource_config_is_read() => // name: "r" mtu: 1500 numVfs: 4 needVhostNet: true nicSelector { … } deviceType: "vfio-pci"
        Assert.Equal(
            new ResourceConfig
            {
                Name = "r",
                Mtu = 1500,
                NumVfs = 4,
                NeedVhostNet = true,
                NicSelector = new NicSelector { Vendors = { "v" }, Drivers = { "d1", "d2" }, Devices = { "a" }, PfNames = { "p" } },
                DeviceType = "vfio-pci",
            },
            PayloadReader.ReadResourceConfig(Convert.FromHexString(
                "0A0172" + "10DC0B" + "1804" + "2001" + "2A11" + "0A0176" + "12026431" + "12026432" + "1A0161" + "220170" + "32087666696F2D706369")).Value);

    [Fact]
    public void A_network_attachment_is_read() => // name: "n" resourceName: "r" config { fields { key: "mtu" value { number_value: 1 } } }
        Assert.Equal(
            new NetworkAttachment { Name = "n", ResourceName = "r", Config = new Struct { Fields = { ["mtu"] = Value.ForNumber(1) } } },
            PayloadReader.ReadNetworkAttachment(Convert.FromHexString(
                "0A016E" + "120172" + "1A12" + "0A10" + "0A036D7475" + "1209" + "11000000000000F03F")).Value);

    [Fact]
    public void A_resource_is_read() // spec { … } status { … vfs { … } }
    {
        const string Spec = "0A0172" + "10DC0B" + "1804" + "2001" + "2A0161" + "32016E";
        const string Vf = "0A0176" + "12016D" + "1A0138" + "220169" + "2A0162";
        const string Status = "0A0165" + "10DC0B" + "1804" + "22016D" + "2A0138" + "320169" + "3A0161" + "420F" + Vf;

        Assert.Equal(
            new Resource
            {
                Spec = new ResourceSpec { Name = "r", Mtu = 1500, NumVfs = 4, NeedVhostNet = true, Devices = { "a" }, DeviceType = "n" },
                Status =
                {
                    new ResourceStatus
                    {
                        Name = "e",
                        Mtu = 1500,
                        NumVfs = 4,
                        Mac = "m",
                        Vendor = "8",
                        Driver = "i",
                        Device = "a",
                        Vfs = { new VFResourceStatus { Name = "v", Mac = "m", Vendor = "8", Driver = "i", Device = "b" } },
                    },
                },
            },
            Resource.Parser.ParseFrom(Convert.FromHexString("0A10" + Spec + "1225" + Status)));
    }

    private static string Describe(FieldDescriptor field)
    {
        string type = field.FieldType == FieldType.Message ? field.MessageType.Name : field.FieldType.ToString();
        return $"{field.ContainingType.Name} {field.FieldNumber} {field.JsonName} {type}{(field.IsRepeated ? "[]" : "")}";
    }
}
