using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Protocol.V1;
using VfAgent.Reconcile;

namespace VfAgent.Status;

/// <summary>PFs and VFs as read, in the words of the wire.</summary>
internal static class PfMessages
{
    /// <param name="pf">The PF.</param>
    /// <param name="report">What else is known.</param>
    /// <param name="isAbout">Which VFs are to be told of; null for all of them.</param>
    public static ResourceStatus Of(PhysicalFunction pf, Report report, Func<VfId, bool>? isAbout = null)
    {
        var message = new ResourceStatus
        {
            Name = pf.Netdev?.Name ?? "",
            Mtu = (uint)(pf.Netdev?.Mtu ?? 0),
            NumVfs = (uint)pf.Vfs.Length,
            Mac = pf.Netdev?.Mac ?? "",
            Vendor = pf.Vendor,
            Driver = pf.Driver ?? "",
            Device = pf.Address.ToString(),
            TotalVfs = (uint)pf.TotalVfs,
            DeviceId = pf.DeviceId,
            NumaNode = pf.NumaNode,
            LinkState = pf.Netdev?.LinkState ?? "",
            MinMtu = (uint)(pf.Netdev?.MinMtu ?? 0),
            MaxMtu = (uint)(pf.Netdev?.MaxMtu ?? 0),
            Carries = pf.Carries ?? "",
            EswitchMode = pf.Eswitch?.Word() ?? "",
            ResourceName = string.Join(", ", report.Plan.Pfs.GetValueOrDefault(pf.Address)?.Resources ?? []),
        };
        if (pf.IommuGroup is { } group)
            message.IommuGroup = (uint)group.Number;
        message.AlternativeNames.AddRange(pf.Netdev?.AlternativeNames ?? []);
        message.Vfs.AddRange(
            from vf in pf.Vfs
            let id = new VfId(pf.Address, vf.Index)
            where isAbout?.Invoke(id) != false
            select Of(vf, id, report));
        return message;
    }

    private static VFResourceStatus Of(VirtualFunction vf, VfId id, Report report)
    {
        var message = new VFResourceStatus
        {
            Name = vf.Netdev?.Name ?? "",
            Mac = vf.Netdev?.Mac ?? "",
            Vendor = vf.Vendor,
            Driver = vf.Driver ?? "",
            Device = vf.Address.ToString(),
            Index = (uint)vf.Index,
            Mtu = (uint)(vf.Netdev?.Mtu ?? 0),
            DeviceId = vf.DeviceId,
            LinkState = vf.Netdev?.LinkState ?? "",
            Networkattachment = report.Ledger.HolderOf(id) ?? "",
            ResourceName = report.ResourceOf(id) ?? "",
            UsedBy = VfUse.Of(vf, id, report.Host)?.Name ?? "",
        };
        if (vf.IommuGroup is { } group)
            message.IommuGroup = (uint)group.Number;
        if (vf.Admin is { } admin)
            Fill(message, admin);
        return message;
    }

    private static void Fill(VFResourceStatus message, VfAttributes admin)
    {
        message.AdminMac = admin.Mac;
        message.MinTxRate = (uint)admin.MinTxRate;
        message.MaxTxRate = (uint)admin.MaxTxRate;
        if (admin.Vlan > 0 || admin.Qos > 0)
        {
            message.Vlan = new Protocol.V1.VfVlan
            {
                Id = (uint)admin.Vlan,
                Qos = (uint)admin.Qos,
                Proto = admin.VlanProtocol == VlanProtocol.Dot1Ad ? "802.1ad" : "802.1q",
            };
        }

        if (admin.Trust is { } trust)
            message.Trust = trust;
        if (admin.SpoofCheck is { } spoofCheck)
            message.Spoofchk = spoofCheck;
        if (admin.LinkState is { } state)
            message.AdminLinkState = (Protocol.V1.VfLinkState.Types.Value)state;
    }
}
