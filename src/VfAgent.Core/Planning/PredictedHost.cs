using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// The host as it should be once steps have been taken, if everything goes well. What nobody can know before (a new VF's PCI address, its
/// driver's and its netdev's name, its group's number) is made up, so that it is no other's: it serves to plan on, and must not be shown.
/// </summary>
internal static class PredictedHost
{
    // PCI domains of real machines are far below.
    private const string UnknownDomain = "ffff";
    private const string UnknownName = "?";

    private static readonly NetDevice _unknownNetdev = new(UnknownName, 0, "", 0, "");

    /// <param name="host">The host before the step.</param>
    /// <param name="step">It has the effect that it is meant to have.</param>
    /// <param name="seen">The host as it was really seen: VFs that are made anew will be much like those.</param>
    public static HostSnapshot After(this HostSnapshot host, Step step, HostSnapshot seen) => step switch
    {
        SetNumVfs s => host.WithPf(s.Pf, pf => pf with { NumVfs = s.NumVfs, Vfs = NewVfs(seen, pf, s.NumVfs) }),
        SetMtu s => host.WithPf(s.Pf, pf => pf with { Netdev = pf.Netdev! with { Mtu = s.Mtu } }),
        SetLinkUp s => host.WithPf(s.Pf, pf => pf with { Netdev = pf.Netdev! with { Up = true } }),
        SetEswitch s => host.WithPf(s.Pf, pf => pf with { Eswitch = s.Mode }),
        SetAutoprobe s => host.WithPf(s.Pf, pf => pf with { DriversAutoprobe = s.On }),
        SetVf s => host.WithVf(s.Vf, vf => vf with { Admin = vf.Admin is { } admin ? With(admin, s.Request.Setting) : null }),
        SetVfMtu s => host.WithVf(s.Vf, vf => vf with { Netdev = vf.Netdev! with { Mtu = s.Mtu } }),
        RebindDriver s => host.WithVf(s.Vf, vf => vf with { Netdev = vf.Netdev! with { Mac = vf.Admin?.Mac ?? "" } }),
        SettleLease s => (host with { Containers = host.Containers.Without(s.Lease) }).WithVf(s.Vf, vf => Settled(vf, s.Lease)),
        SetDriverOverride s => host.WithVf(s.Vf, vf => vf with { DriverOverride = s.Driver }),
        UnbindDriver s => host.WithVf(s.Vf, Unbound),
        ProbeDriver s => host.WithVf(s.Vf, vf => Probed(vf, host.Features)),
        LoadModule s => host with { Features = With(host.Features, s.Module) },
        WriteFile { Folder: OwnedFolder.CdiSpecs } s => host with { CdiSpecs = host.CdiSpecs.SetItem(s.FileName, s.Content) },
        RemoveFile { Folder: OwnedFolder.CdiSpecs } s => host with { CdiSpecs = host.CdiSpecs.Remove(s.FileName) },
        WriteFile s => host.WithNetworks(s.Folder, files => files.SetItem(
            s.FileName, OwnedFiles.Network(s.Folder, s.FileName, default, null, s.Content))),
        RemoveFile s => host.WithNetworks(s.Folder, files => files.Remove(s.FileName)),
        _ => host,
    };

    private static VirtualFunction Settled(VirtualFunction vf, Lease lease) => vf with
    {
        Netdev = vf.Netdev is { } netdev && lease.Before is { } was ? netdev with { Name = was.Name, Mac = was.Mac, Mtu = was.Mtu } : vf.Netdev,
        Admin = vf.Admin is { } admin && lease.AdminMac is { } mac ? admin with { Mac = mac } : vf.Admin,
    };

    private static ImmutableArray<VirtualFunction> NewVfs(HostSnapshot seen, PhysicalFunction pf, int count) =>
        [.. Enumerable.Range(0, count).Select(index => Offered(NewVf(seen, pf, index), pf))];

    // What its driver holds for new VFs is nothing.
    private static VirtualFunction Offered(VirtualFunction vf, PhysicalFunction pf) => vf with
    {
        Driver = pf.DriversAutoprobe ? vf.Driver : null,
        Netdev = pf.DriversAutoprobe ? vf.Netdev : null,
        Admin = new VfAttributes(vf.Index, MacAddress.None, 0, 0, VlanProtocol.Dot1Q, SpoofCheck: true, Trust: false, VfLinkState.Auto, 0, 0),
    };

    private static VfAttributes With(VfAttributes admin, VfSetting setting) => setting switch
    {
        VfMac s => admin with { Mac = s.Address },
        VfVlan s => admin with { Vlan = s.Id, Qos = s.Qos, VlanProtocol = s.Protocol },
        VfSpoofCheck s => admin with { SpoofCheck = s.On },
        VfTrust s => admin with { Trust = s.On },
        VfRate s => admin with { MinTxRate = s.Min, MaxTxRate = s.Max },
        VfLink s => admin with { LinkState = s.State },
        _ => admin,
    };

    // The kernel binds its own driver. One that had the index before had the same address and name.
    private static VirtualFunction NewVf(HostSnapshot seen, PhysicalFunction pf, int index) => seen.Pfs[pf.Address].Vf(index) is { } before
        ? before with
        {
            Driver = before.OnVfio ? UnknownName : before.Driver ?? UnknownName,
            DriverOverride = null,
            Netdev = before.Netdev ?? _unknownNetdev,
            IommuGroup = Unbound(before).IommuGroup,
            OpenedBy = null,
            Upper = null,
            Carries = null,
        }
        : new VirtualFunction(
            index, UnknownAddress(seen, pf, index), pf.Vendor, "", UnknownName, null, _unknownNetdev,
            pf.IommuGroup is { NoIommu: false } ? UnknownGroup(seen, pf, index) : null);

    private static VirtualFunction Unbound(VirtualFunction vf) =>
        vf with { Driver = null, Netdev = null, Upper = null, Carries = null, IommuGroup = vf.IommuGroup is { NoIommu: true } ? null : vf.IommuGroup };

    private static VirtualFunction Probed(VirtualFunction vf, HostFeatures features) => vf.DriverOverride is { } driver
        ? vf with { Driver = driver, IommuGroup = vf.IommuGroup ?? (features.NoIommu ? new IommuGroup(vf.Index, NoIommu: true) : null) }
        : vf with { Driver = UnknownName, Netdev = _unknownNetdev };

    private static PciAddress UnknownAddress(HostSnapshot host, PhysicalFunction pf, int index)
    {
        int number = Number(host, pf, index);
        return PciAddress.Parse($"{UnknownDomain}:{(number >> 8) & 0xff:x2}:{(number >> 3) & 0x1f:x2}.{number & 7}");
    }

    private static IommuGroup UnknownGroup(HostSnapshot host, PhysicalFunction pf, int index) => new(-1 - Number(host, pf, index));

    // Another for each VF that any PF of the host can have.
    private static int Number(HostSnapshot host, PhysicalFunction pf, int index) =>
        host.Pfs.Values.TakeWhile(other => other.Address != pf.Address).Sum(other => other.TotalVfs) + index;

    private static HostFeatures With(HostFeatures features, string module) => module switch
    {
        "vfio_pci" => features with { VfioPci = true },
        "vhost_net" => features with { VhostNet = true },
        "tun" => features with { Tun = true },
        _ => features,
    };

    private static HostSnapshot WithPf(this HostSnapshot host, PciAddress pf, Func<PhysicalFunction, PhysicalFunction> change) =>
        host with { Pfs = host.Pfs.SetItem(pf, change(host.Pfs[pf])) };

    private static HostSnapshot WithVf(this HostSnapshot host, VfId id, Func<VirtualFunction, VirtualFunction> change) =>
        host.WithPf(id.Pf, pf => pf with { Vfs = [.. pf.Vfs.Select(vf => vf.Index == id.Index ? change(vf) : vf)] });

    private static HostSnapshot WithNetworks(
        this HostSnapshot host, OwnedFolder folder,
        Func<ImmutableSortedDictionary<string, NetworkFile>, ImmutableSortedDictionary<string, NetworkFile>> change)
    {
        return folder == OwnedFolder.Conflists
            ? host with { Conflists = After(host.Conflists) }
            : host with { PodmanNetworks = After(host.PodmanNetworks) };

        NetworkFolder After(NetworkFolder networks) => new(networks.Stamp, change(networks.Files));
    }
}
