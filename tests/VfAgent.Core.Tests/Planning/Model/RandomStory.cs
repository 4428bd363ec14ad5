using System.Text.Json.Nodes;
using VfAgent.Core.Desired;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Tests.Planning.Model;

/// <summary>What may happen to a host and what may be asked of it, by a seed. Names and numbers are few, so that they collide often.</summary>
internal sealed class RandomStory(int seed)
{
    private static readonly string[] _pfs = ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"];
    private static readonly string[] _resources = ["r1", "r2", "r3"];
    private static readonly string[] _attachments = ["a", "b", "c", "d", "e", "f", "g", "h"];

    private static readonly string[] _configs =
    [
        """{"type":"sriov"}""",
        """{"plugins":[{"type":"host-device"},{"type":"tuning"}]}""",
        """{"plugins":[{"type":"host-device","device":"${vf.name}"}]}""",
        """{"plugins":[{"type":"host-device","device":"${vf.name}","args":"${vf.name} of ${pf.name}"}]}""",
        """{"type":"sriov","deviceID":"${vf.pciAddress}","vlan":7}""",
    ];

    private readonly Random _random = new(seed);

    public ModelHost NewHost()
    {
        var host = new ModelHost(autoprobe: Chance(80), iommu: Chance(70));
        host.Snapshot = host.Snapshot with { Features = new HostFeatures(NoIommu: Chance(30)), Backends = NewBackends() };
        foreach (string pf in _pfs[.._random.Next(1, 4)])
            Plug(host, PciAddress.Parse(pf));
        return host;
    }

    public DesiredState NewDesired() => DesiredState.Empty with
    {
        Resources = DesiredState.Empty.Resources.AddRange(Some(_resources).Select(name => KeyValuePair.Create(name, NewResource(name)))),
        Attachments = DesiredState.Empty.Attachments.AddRange(Some(_attachments).Select(name => KeyValuePair.Create(name, NewAttachment(name)))),
    };

    /// <summary>Something happens behind the agent's back.</summary>
    public void Disturb(ModelHost host)
    {
        switch (_random.Next(15))
        {
            case 0:
                host.Ledger = Ledger.Empty;
                break;
            case 1:
                Reboot(host);
                break;
            case 2 when host.Snapshot.Pfs.Count > 0:
                host.MakeVfs(AnyPf(host), 0);
                break;
            case 3 when host.Snapshot.Pfs.Count > 0:
                PciAddress drifted = AnyPf(host);
                host.MakeVfs(drifted, _random.Next(host.Snapshot.Pfs[drifted].TotalVfs + 1));
                break;
            case 4 when host.Snapshot.Pfs.Count > 0:
                host.Snapshot = host.Snapshot with { Pfs = host.Snapshot.Pfs.Remove(AnyPf(host)) };
                break;
            case 5:
                foreach (PciAddress pf in _pfs.Select(PciAddress.Parse).Where(pf => !host.Snapshot.Pfs.ContainsKey(pf)))
                    Plug(host, pf);
                break;
            case 6 when host.Snapshot.Pfs.Count > 0:
                host.ChangePf(AnyPf(host), pf => pf with { Driver = null, Netdev = null, NumVfs = 0, Vfs = [] });
                break;
            case 7:
                foreach (VfId id in Some(host.Vfs.Where(v => v.Vf.Netdev is not null).Select(v => new VfId(v.Pf.Address, v.Vf.Index)).ToArray()))
                    host.ChangeVf(id, vf => vf with { Netdev = null });
                break;
            case 8:
                foreach (VfId id in host.Vfs.Where(v => v.Vf.NetdevAway).Select(v => new VfId(v.Pf.Address, v.Vf.Index)).ToArray())
                    host.ChangeVf(id, vf => vf with { Netdev = ModelHost.NetdevOf(id) });
                break;
            case 9:
                foreach (VfId id in Some(host.Vfs.Where(v => !v.Vf.NetdevAway).Select(v => new VfId(v.Pf.Address, v.Vf.Index)).ToArray()))
                    host.ChangeVf(id, vf => vf with { Driver = null, Netdev = null, DriverOverride = Chance(50) ? null : vf.DriverOverride });
                break;
            case 10:
                string name = Any(["10-theirs.conflist", "20-theirs.conf", .. host.Snapshot.Conflists.Files.Keys.Where(OwnedFiles.IsOurs)]);
                host.PutNetwork(OwnedFolder.Conflists, name, new JsonObject { ["name"] = Any([.. _attachments, "theirs"]), ["deviceID"] = AnyVfAddress() });
                break;
            case 11:
                host.Snapshot = host.Snapshot with { Backends = NewBackends() };
                break;
            case 12:
                string network = $"{Any([.. _attachments, "theirs"])}.json";
                host.PutNetwork(OwnedFolder.PodmanNetworks, network, new JsonObject { ["driver"] = "bridge", ["note"] = AnyVfAddress() });
                break;
            case 13:
                foreach (string file in Some(host.Snapshot.PodmanNetworks.Files.Keys.ToArray()))
                    host.RemoveNetwork(OwnedFolder.PodmanNetworks, file);
                break;
            default:
                foreach (string file in Some(host.Snapshot.Conflists.Files.Keys.ToArray()))
                    host.RemoveNetwork(OwnedFolder.Conflists, file);
                break;
        }
    }

    private void Reboot(ModelHost host)
    {
        host.Snapshot = host.Snapshot with { Features = new HostFeatures(NoIommu: host.Snapshot.Features.NoIommu), Awaited = [] };
        foreach (PciAddress pf in host.Snapshot.Pfs.Keys)
            Plug(host, pf);
    }

    private void Plug(ModelHost host, PciAddress address) => host.Snapshot = host.Snapshot with
    {
        Pfs = host.Snapshot.Pfs.SetItem(address, new PhysicalFunction
        {
            Address = address,
            Vendor = "8086",
            DeviceId = "10c9",
            Driver = address.ToString()[6] == '3' ? "bnxt_en" : "igb",
            TotalVfs = 4 + (address.ToString()[6] - '0'),
            NumVfs = 0,
            IommuGroup = host.HasIommu ? new IommuGroup(1000 + address.ToString()[6]) : null,
            Netdev = new NetDevice($"eth{address.ToString()[6]}", 2, "", 1500, "up") { Up = Chance(50), MinMtu = 68, MaxMtu = 9000 },
        }),
    };

    private ResourceSpec NewResource(string name)
    {
        bool isVfio = Chance(35);
        string deviceType = isVfio ? DeviceTypes.VfioPci : DeviceTypes.NetDevice;
        return new(name, Any([0, 1500, 9000, 9500]), _random.Next(1, 8), Chance(30), NewSelector(), deviceType)
        {
            ExternallyManaged = Chance(10),
            SkipsKernelDriver = isVfio && Chance(50),
        };
    }

    private NicSelector NewSelector() => _random.Next(4) switch
    {
        0 => new([], ["igb"], [], []),
        1 => new([], [], [], [Any(["eth1", "eth2", "eth?", "eth1#0-1", "eth1#2", "eth?#1,3"])]),
        2 => new(["intel"], [], [], []),
        _ => new([], [], [Any(_pfs), Any(_pfs)], []),
    };

    private NetworkBackends NewBackends() => Any([NetworkBackends.Cni, NetworkBackends.Netavark, NetworkBackends.Cni | NetworkBackends.Netavark]);

    private AttachmentSpec NewAttachment(string name) => Chance(25)
        ? new(name, Any([.. _resources, "missing"]), JsonNode.Parse(_configs[0])!.AsObject()) { Allocation = Allocation.Dynamic }
        : Chance(80)
        ? new(name, Any([.. _resources, "missing"]), JsonNode.Parse(Any(_configs))!.AsObject())
        : new(name, null, new JsonObject { ["type"] = "sriov", ["deviceID"] = AnyVfAddress() });

    private string AnyVfAddress() => $"{Any(_pfs)[..8]}10.{_random.Next(5)}";

    private PciAddress AnyPf(ModelHost host) => Any([.. host.Snapshot.Pfs.Keys]);

    private T Any<T>(T[] items) => items[_random.Next(items.Length)];

    private T[] Some<T>(T[] items) => [.. items.Where(_ => Chance(60))];

    private bool Chance(int percent) => _random.Next(100) < percent;
}
