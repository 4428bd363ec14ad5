using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Kernel;

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
        string DisruptionPolicy = "DEFER", string DeletionPolicy = "RESTORE", int VfMtu = 0, SettingsEntry? VfDefaults = null,
        SettingsEntry[]? Vfs = null, int ExpectMatches = 0, bool ExternallyManaged = false, bool ObserveOnly = false, bool DriversAutoprobe = true,
        bool AllowManagementNic = false, string EswitchMode = "")
    {
        public ResourceSpec ToSpec() => new(
            Name, Mtu, NumVfs, NeedVhostNet, NicSelector.ToSelector(), DeviceType,
            Disruption: Enum.Parse<DisruptionPolicy>(DisruptionPolicy, ignoreCase: true),
            Deletion: Enum.Parse<DeletionPolicy>(DeletionPolicy, ignoreCase: true))
        {
            ExternallyManaged = ExternallyManaged,
            ObserveOnly = ObserveOnly,
            AllowsManagementNic = AllowManagementNic,
            SkipsKernelDriver = !DriversAutoprobe,
            Eswitch = EswitchModeWords.Parse(EswitchMode.ToLowerInvariant()),
            ExpectMatches = ExpectMatches,
            VfMtu = VfMtu,
            VfDefaults = VfDefaults?.ToSettings() ?? VfSettings.None,
            VfOverrides = [.. (Vfs ?? []).Select(entry => new VfOverride(entry.Indexes, entry.ToSettings()))],
        };
    }

    public sealed record SettingsEntry(
        string Indexes = "", string? Mac = null, VlanEntry? Vlan = null, bool? Trust = null, bool? Spoofchk = null, string? LinkState = null,
        int? MinTxRate = null, int? MaxTxRate = null)
    {
        public VfSettings ToSettings() => new(
            Mac,
            Vlan is null ? null : new VfVlan(Vlan.Id, Vlan.Qos, Vlan.Proto == "802.1ad" ? VlanProtocol.Dot1Ad : VlanProtocol.Dot1Q),
            Trust, Spoofchk,
            LinkState is null ? null : Enum.Parse<VfLinkState>(LinkState, ignoreCase: true), MinTxRate, MaxTxRate);
    }

    public sealed record VlanEntry(int Id, int Qos = 0, string Proto = "802.1q");

    public sealed record Selector
    {
        public string[] Vendors { get; init; } = [];

        public string[] Drivers { get; init; } = [];

        public string[] Devices { get; init; } = [];

        public string[] PfNames { get; init; } = [];

        public string[] DeviceIds { get; init; } = [];

        public string[] Macs { get; init; } = [];

        public Selector? Exclude { get; init; }

        public NicSelector ToSelector() => new([.. Vendors], [.. Drivers], [.. Devices], [.. PfNames])
        {
            DeviceIds = [.. DeviceIds],
            Macs = [.. Macs],
            Exclude = Exclude?.ToSelector(),
        };
    }

    public sealed record NetworkAttachment(string Name, JsonObject Config, string? ResourceName = null, string Allocation = "STATIC")
    {
        public AttachmentSpec ToSpec() => new(Name, ResourceName, Config)
        {
            Allocation = Enum.Parse<Allocation>(Allocation, ignoreCase: true),
        };
    }
}
