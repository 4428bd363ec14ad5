using System.Collections.Immutable;
using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Addresses that a VF shares with another VF or a PF of this host, as far as they are seen: switches then send the one's frames to the other.
/// PFs among themselves may well share one, as those of a bond do.
/// </summary>
internal sealed class DuplicateMacs
{
    private readonly ILookup<string, Owner> _owners;

    public DuplicateMacs(HostSnapshot host)
    {
        IEnumerable<(string Mac, Owner Owner)> vfs = host.Pfs.Values
            .SelectMany(pf => pf.Vfs, (pf, vf) => (Vf: vf, Owner: new Owner(vf.Address, pf, vf.Index)))
            .SelectMany(entry => MacsOf(entry.Vf), (entry, mac) => (mac, entry.Owner));
        IEnumerable<(string Mac, Owner Owner)> pfs = host.Pfs.Values
            .Where(pf => IsOne(pf.Netdev?.Mac)).Select(pf => (pf.Netdev!.Mac, new Owner(pf.Address, pf, null)));
        _owners = vfs.Concat(pfs).ToLookup(entry => entry.Mac, entry => entry.Owner, StringComparer.Ordinal);
    }

    /// <summary>What is to be said of those of a PF's VFs that a plan is about.</summary>
    public ImmutableArray<Finding> Of(PhysicalFunction pf, Func<VfId, bool> isAbout) =>
    [
        .. from vf in pf.Vfs
           let id = new VfId(pf.Address, vf.Index)
           where isAbout(id)
           from mac in MacsOf(vf)
           let others = _owners[mac].Where(owner => owner.Device != vf.Address)
           where others.Any()
           select new Finding(Reasons.DuplicateMac, $"{mac} is the address of {id} and of {string.Join(" and of ", others)}") { Vf = id },
    ];

    // The one that its netdev has, and the one that its PF has for it: the only one that is seen while a container has the VF.
    private static IEnumerable<string> MacsOf(VirtualFunction vf) =>
        ((string?[])[vf.Netdev?.Mac, vf.Admin?.Mac]).OfType<string>().Where(IsOne).Distinct(StringComparer.Ordinal);

    private static bool IsOne(string? mac) => mac is not (null or "" or MacAddress.None);

    // PFs are read one after the other, so a VF that passed from one to another may be seen at both: it is known by its own address.
    private readonly record struct Owner(PciAddress Device, PhysicalFunction Pf, int? Vf)
    {
        public override string ToString() => Vf is { } index ? new VfId(Pf.Address, index).ToString() : $"{Pf.Address} ({Pf.Netdev!.Name})";
    }
}
