using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning;

/// <summary>observed.json: what the agent read from the host, and its ledger. What is left out is what most hosts have.</summary>
internal sealed record ObservedFile
{
    public PfEntry[] Pfs { get; init; } = [];

    /// <summary>File name to content; a string is the text of a file that is no JSON.</summary>
    public SortedDictionary<string, JsonNode> Conflists { get; init; } = new(StringComparer.Ordinal);

    public Dictionary<string, JsonObject> CdiSpecs { get; init; } = [];

    /// <summary>Container to the devices that CNI's records say it has; its namespace is there.</summary>
    public SortedDictionary<string, string[]> Containers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Of vfio-pci, noiommu, vhost-net and tun.</summary>
    public string[] Features { get; init; } = [];

    public LedgerEntries Ledger { get; init; } = new();

    public HostSnapshot ToSnapshot() => new()
    {
        Pfs = Pfs.Select(pf => pf.ToFunction()).ToImmutableSortedDictionary(pf => pf.Address, pf => pf),
        Awaited = [.. Pfs.SelectMany(pf => pf.Awaited())],
        Features = new HostFeatures(
            VfioPci: Features.Contains("vfio-pci"), NoIommu: Features.Contains("noiommu"),
            VhostNet: Features.Contains("vhost-net"), Tun: Features.Contains("tun")),
        Conflists = new ConflistDirectory(
            default, Conflists.ToImmutableSortedDictionary(file => file.Key, file => Conflist(file.Key, file.Value), StringComparer.Ordinal)),
        Containers = new ContainerRecords(Containers.ToImmutableSortedDictionary(
            entry => entry.Key,
            entry => new ContainerRecord(default, entry.Key, "net", $"/run/netns/{entry.Key}", NamespaceExists: true, [.. entry.Value.Select(PciAddress.Parse)]),
            StringComparer.Ordinal)),
        CdiSpecs = CdiSpecs.ToImmutableDictionary(file => file.Key, file => ConflistRenderer.ToText(file.Value), StringComparer.Ordinal),
    };

    public static ConflistFile Conflist(string name, JsonNode content)
    {
        string text = content is JsonObject json ? ConflistRenderer.ToText(json) : content.GetValue<string>();
        bool ours = OwnedFiles.IsOurs(name);
        return new ConflistFile(
            name, default, ours, (content as JsonObject)?["name"]?.GetValue<string>(), PciAddress.FindAll(text), ours ? text : null);
    }

    /// <summary>Without a driver none is bound, without a netdev it has none; numVfs is the number of VFs when it is left out.</summary>
    public sealed record PfEntry(
        string Address, string? Driver = null, string? Netdev = null, string[]? AlternativeNames = null, string Vendor = "8086",
        int Mtu = 1500, int MinMtu = 0, int MaxMtu = 0, bool Up = true, int TotalVfs = 7, int? NumVfs = null, VfEntry[]? Vfs = null, int? Group = null)
    {
        public PhysicalFunction ToFunction() => new()
        {
            Address = PciAddress.Parse(Address),
            Vendor = Vendor,
            DeviceId = "0000",
            Driver = Driver,
            TotalVfs = TotalVfs,
            NumVfs = NumVfs ?? Vfs?.Length ?? 0,
            IommuGroup = Group is { } group ? new IommuGroup(group) : null,
            Netdev = Netdev is null ? null : new NetDevice(Netdev, 2, "00:00:00:00:00:02", Mtu, "up")
            {
                AlternativeNames = [.. AlternativeNames ?? []],
                MinMtu = MinMtu,
                MaxMtu = MaxMtu,
                Up = Up,
            },
            Vfs = [.. (Vfs ?? []).Select((vf, position) => vf.ToFunction(position))],
        };

        public IEnumerable<VfId> Awaited() => (Vfs ?? [])
            .Select((vf, position) => (vf.Awaited, Id: new VfId(PciAddress.Parse(Address), vf.Index ?? position)))
            .Where(vf => vf.Awaited)
            .Select(vf => vf.Id);
    }

    /// <summary>
    /// A netdev in another network namespace is left out as well; awaited is one that has not come since the agent made the VF or
    /// probed its driver. The index is the position in the list when it is left out.
    /// </summary>
    public sealed record VfEntry(
        string Address, string? Driver = null, string? Netdev = null, string? Override = null, int? Group = null, bool NoIommu = false,
        bool Awaited = false, int? Index = null, string? OpenedBy = null)
    {
        public VirtualFunction ToFunction(int position) => new(
            Index ?? position, PciAddress.Parse(Address), "8086", "0000", Driver, Override,
            Netdev is null ? null : new NetDevice(Netdev, 3, "00:00:00:00:00:03", 1500, "up"),
            Group is { } group ? new IommuGroup(group, NoIommu) : null)
        {
            OpenedBy = OpenedBy,
        };
    }
}
