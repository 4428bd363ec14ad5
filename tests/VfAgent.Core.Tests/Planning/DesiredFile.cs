using System.Text.Json.Nodes;
using VfAgent.Core.Desired;

namespace VfAgent.Core.Tests.Planning;

/// <summary>desired.json: the config document as a user writes it.</summary>
internal sealed record DesiredFile
{
    public ResourceConfig[] ResourceConfigs { get; init; } = [];

    public NetworkAttachment[] Networkattachments { get; init; } = [];

    public DesiredState ToState() => DesiredState.Empty with
    {
        Resources = DesiredState.Empty.Resources.AddRange(ResourceConfigs.Select(r => KeyValuePair.Create(r.Name, r.ToSpec()))),
        Attachments = DesiredState.Empty.Attachments.AddRange(Networkattachments.Select(a => KeyValuePair.Create(a.Name, a.ToSpec()))),
    };

    public sealed record ResourceConfig(
        string Name, int NumVfs, Selector NicSelector, int Mtu = 0, bool NeedVhostNet = false, string DeviceType = DeviceTypes.NetDevice,
        string DisruptionPolicy = "DEFER", string DeletionPolicy = "RESTORE")
    {
        public ResourceSpec ToSpec() => new(
            Name, Mtu, NumVfs, NeedVhostNet, NicSelector.ToSelector(), DeviceType,
            Disruption: Enum.Parse<DisruptionPolicy>(DisruptionPolicy, ignoreCase: true),
            Deletion: Enum.Parse<DeletionPolicy>(DeletionPolicy, ignoreCase: true));
    }

    public sealed record Selector
    {
        public string[] Vendors { get; init; } = [];

        public string[] Drivers { get; init; } = [];

        public string[] Devices { get; init; } = [];

        public string[] PfNames { get; init; } = [];

        public NicSelector ToSelector() => new([.. Vendors], [.. Drivers], [.. Devices], [.. PfNames]);
    }

    public sealed record NetworkAttachment(string Name, JsonObject Config, string? ResourceName = null)
    {
        public AttachmentSpec ToSpec() => new(Name, ResourceName, Config);
    }
}
