using VfAgent.Core.Observed;
using VfAgent.Core.Status;

namespace VfAgent.Core.Planning;

/// <summary>
/// Who uses a VF right now, by what the host shows and not by what was configured: a VF that an attachment holds and no container has is
/// free to be made anew.
/// </summary>
public static class VfUse
{
    private const string OtherNamespace = "another network namespace";

    /// <summary>The VFs of a PF that somebody uses.</summary>
    public static IEnumerable<VfUser> Of(PhysicalFunction pf, HostSnapshot host) =>
        pf.Vfs.Select(vf => Of(vf, new VfId(pf.Address, vf.Index), host)).OfType<VfUser>();

    /// <returns>null when nobody uses it.</returns>
    public static VfUser? Of(VirtualFunction vf, VfId id, HostSnapshot host)
    {
        bool away = IsAway(vf, id, host);
        if (vf.OpenedBy is { } process)
            return new VfUser(vf.Index, process, HoldsDevice: true, EndIsSeen: false);

        // That a route leads elsewhere now is no event of the link's.
        if (vf.IsTheHosts)
            return new VfUser(vf.Index, $"the host ({vf.Carries ?? $"in {vf.Upper}"})", HoldsDevice: false, EndIsSeen: vf.Carries is null);
        if (host.Containers.UserOf(vf.Address) is { } container)
            return new VfUser(vf.Index, container.ToString(), HoldsDevice: false, EndIsSeen: away);

        return away ? new VfUser(vf.Index, OtherNamespace, HoldsDevice: false, EndIsSeen: true) : null;
    }

    /// <summary>The VF's netdev was moved to another network namespace, as far as the host shows: it is not one that is still being made.</summary>
    public static bool IsAway(VirtualFunction vf, VfId id, HostSnapshot host) => vf.NetdevAway && !host.Awaited.Contains(id);

    /// <summary>
    /// Nobody knows yet: its netdev is still being made, or a container was quicker to take it than the kernel to tell of it.
    /// </summary>
    public static bool IsUnclear(VirtualFunction vf, VfId id, HostSnapshot host) => vf.NetdevAway && host.Awaited.Contains(id);

    /// <summary>What is said of VFs whose netdev is still to come.</summary>
    public static Finding NoInterfaceYet(PciAddress pf, IReadOnlyCollection<int> vfs) =>
        new(Reasons.WaitingForKernel, $"no network interface yet for VF {string.Join(", ", vfs)} of {pf}");
}

/// <param name="Index">The VF's.</param>
/// <param name="Name">Who: a container, a process, the host itself, or as much as is known.</param>
/// <param name="HoldsDevice">Through vfio: taking the device away would hang in the kernel until it is let go (drivers/vfio/vfio_main.c).</param>
/// <param name="EndIsSeen">An event of the kernel tells when the use ends; else only looking again does.</param>
public sealed record VfUser(int Index, string Name, bool HoldsDevice, bool EndIsSeen)
{
    public override string ToString() => $"VF {Index} ({Name})";
}
