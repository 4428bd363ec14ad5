using System.Collections.Immutable;
using System.Text.Json.Nodes;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Core.Tests.Planning;

/// <summary>observed.json: what the agent read from the host, and its ledger. What is left out is what most hosts have.</summary>
internal sealed record ObservedFile
{
    public PfEntry[] Pfs { get; init; } = [];

    /// <summary>File name to content; a string is the text of a file that is no JSON.</summary>
    public SortedDictionary<string, JsonNode> Conflists { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The same of podman's networks.</summary>
    public SortedDictionary<string, JsonNode> PodmanNetworks { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Of cni and netavark.</summary>
    public string[] Backends { get; init; } = ["cni"];

    public Dictionary<string, JsonObject> CdiSpecs { get; init; } = [];

    /// <summary>Container to the devices that CNI's records say it has; its namespace is there.</summary>
    public SortedDictionary<string, string[]> Containers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>VF to the lease that our own plugin has written for it.</summary>
    public SortedDictionary<string, LeaseEntry> Leases { get; init; } = new(StringComparer.Ordinal);

    public string HostId { get; init; } = "h1";

    public RefusalEntry[] Refused { get; init; } = [];

    /// <summary>Of vfio-pci, noiommu, vhost-net and tun.</summary>
    public string[] Features { get; init; } = [];

    public LedgerEntries Ledger { get; init; } = new();

    public HostSnapshot ToSnapshot() => new()
    {
        Pfs = Pfs.Select(pf => pf.ToFunction()).ToImmutableSortedDictionary(pf => pf.Address, pf => pf),
        HostId = HostId,
        Refused = Refused.ToImmutableDictionary(refusal => refusal.ToRequest(), refusal => FailureReasons.For(
            new SetVf(Pfs.First(pf => pf.Address == refusal.Pf).Netdev!, refusal.ToRequest()),
            new IoError(Enum.Parse<Errno>(refusal.Errno), "", refusal.Text))),
        Awaited = [.. Pfs.SelectMany(pf => pf.Awaited())],
        Features = new HostFeatures(
            VfioPci: Features.Contains("vfio-pci"), NoIommu: Features.Contains("noiommu"),
            VhostNet: Features.Contains("vhost-net"), Tun: Features.Contains("tun")),
        Backends = Backends.Aggregate(NetworkBackends.None, (all, backend) => all | Enum.Parse<NetworkBackends>(backend, ignoreCase: true)),
        Conflists = new NetworkFolder(
            default, Conflists.ToImmutableSortedDictionary(file => file.Key, file => Network(OwnedFolder.Conflists, file.Key, file.Value), StringComparer.Ordinal)),
        PodmanNetworks = new NetworkFolder(
            default, PodmanNetworks.ToImmutableSortedDictionary(file => file.Key, file => Network(OwnedFolder.PodmanNetworks, file.Key, file.Value), StringComparer.Ordinal)),
        Containers = new ContainerRecords(Containers
            .Select(entry => KeyValuePair.Create(entry.Key, new ContainerRecord(
                default, entry.Key, "net", $"/run/netns/{entry.Key}", IsGood: true, [.. entry.Value.Select(PciAddress.Parse)])))
            .Concat(Leases.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.ToRecord(PciAddress.Parse(entry.Key)))))
            .ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal)),
        CdiSpecs = CdiSpecs.ToImmutableDictionary(file => file.Key, file => ConflistRenderer.ToText(file.Value), StringComparer.Ordinal),
    };

    public static NetworkFile Network(OwnedFolder folder, string name, JsonNode content)
    {
        string text = content is JsonObject json ? ConflistRenderer.ToText(json) : content.GetValue<string>();
        return OwnedFiles.Network(folder, name, default, (content as JsonObject)?["name"]?.GetValue<string>(), text);
    }

    /// <summary>Without a driver none is bound, without a netdev it has none; numVfs is the number of VFs when it is left out.</summary>
    public sealed record PfEntry(
        string Address, string? Driver = null, string? Netdev = null, string[]? AlternativeNames = null, string Vendor = "8086",
        int Mtu = 1500, int MinMtu = 0, int MaxMtu = 0, bool Up = true, int TotalVfs = 7, int? NumVfs = null, VfEntry[]? Vfs = null,
        bool AttributesKnown = true, string DeviceId = "0000", string Mac = "00:00:00:00:00:02", bool DriversAutoprobe = true, int? Group = null, string? Carries = null,
        string? Eswitch = null)
    {
        public PhysicalFunction ToFunction() => new()
        {
            Address = PciAddress.Parse(Address),
            Vendor = Vendor,
            DeviceId = DeviceId,
            Driver = Driver,
            TotalVfs = TotalVfs,
            Carries = Carries,
            Eswitch = EswitchModeWords.Parse(Eswitch),
            DriversAutoprobe = DriversAutoprobe,
            NumVfs = NumVfs ?? Vfs?.Length ?? 0,
            IommuGroup = Group is { } group ? new IommuGroup(group) : null,
            Netdev = Netdev is null ? null : new NetDevice(Netdev, 2, Mac, Mtu, "up")
            {
                AlternativeNames = [.. AlternativeNames ?? []],
                MinMtu = MinMtu,
                MaxMtu = MaxMtu,
                Up = Up,
            },
            VfAttributesError = AttributesKnown ? null : new IoError(Errno.EBADMSG, $"get VFs of link {Netdev}"),
            Vfs = [.. (Vfs ?? []).Select((vf, position) => vf.ToFunction(position, AttributesKnown))],
        };

        public IEnumerable<VfId> Awaited() => (Vfs ?? [])
            .Select((vf, position) => (vf.Awaited, Id: new VfId(PciAddress.Parse(Address), vf.Index ?? position)))
            .Where(vf => vf.Awaited)
            .Select(vf => vf.Id);
    }

    /// <summary>The VF's netdev was this before, or had none when no name is given; ended is a lease whose container's namespace is gone.</summary>
    public sealed record LeaseEntry(
        string Container, bool Ended = false, string? Name = null, string Mac = "02:00:00:00:00:01", int Mtu = 1500, string? Delegate = null)
    {
        public ContainerRecord ToRecord(PciAddress vf)
        {
            var lease = new Lease(vf, 1, Container, "", "pool", $"/run/netns/{Container}", 1, "eth0")
            {
                Before = Name is null ? null : new LinkBefore(Name, Mac, Mtu, Up: false),
                Delegate = Delegate,
            };
            return new ContainerRecord(default, Container, lease.Network, lease.Namespace, !Ended, [vf]) { Lease = lease };
        }
    }

    /// <summary>A link state or rates that a driver refused.</summary>
    public sealed record RefusalEntry(
        string Pf, int Vf, string Errno, string? Text = null, string? State = null, int? MinTxRate = null, int? MaxTxRate = null)
    {
        public VfRequest ToRequest() => new(
            new VfId(PciAddress.Parse(Pf), Vf), 2,
            State is not null ? new VfLink(Enum.Parse<VfLinkState>(State, ignoreCase: true)) : new VfRate(MinTxRate ?? 0, MaxTxRate ?? 0));
    }

    /// <summary>What a PF's driver holds for a VF; what is left out is as the driver begins with.</summary>
    public sealed record AdminEntry(
        string Mac = "00:00:00:00:00:00", int Vlan = 0, int Qos = 0, bool? Trust = false, bool? Spoofchk = true, int MinTxRate = 0, int MaxTxRate = 0)
    {
        public VfAttributes ToAttributes(int index) => new(
            index, Mac, Vlan, Qos, VlanProtocol.Dot1Q, Spoofchk, Trust, VfLinkState.Auto, MinTxRate, MaxTxRate);
    }

    /// <summary>
    /// A netdev in another network namespace is left out as well; awaited is one that has not come since the agent made the VF or
    /// probed its driver. The index is the position in the list when it is left out.
    /// </summary>
    public sealed record VfEntry(
        string Address, string? Driver = null, string? Netdev = null, string? Override = null, int? Group = null, bool NoIommu = false,
        bool Awaited = false, int? Index = null, string? OpenedBy = null, string? Mac = null, int Mtu = 1500, AdminEntry? Admin = null,
        string? Upper = null, string? Carries = null)
    {
        // Another for each: the last six digits of the address on the bus.
        private string MacOrOwn => Mac ?? $"02:00:00:{Address[5..7]}:{Address[8..10]}:0{Address[11]}";

        public VirtualFunction ToFunction(int position, bool attributesKnown) => new(
            Index ?? position, PciAddress.Parse(Address), "8086", "0000", Driver, Override,
            Netdev is null ? null : new NetDevice(Netdev, 3, MacOrOwn, Mtu, "up"),
            Group is { } group ? new IommuGroup(group, NoIommu) : null)
        {
            OpenedBy = OpenedBy,
            Upper = Upper,
            Carries = Carries,
            Admin = attributesKnown ? (Admin ?? new AdminEntry(MacOrOwn)).ToAttributes(Index ?? position) : null,
        };
    }
}
