using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Leases;

/// <summary>Takes a VF back from a container, and makes it what it was.</summary>
internal sealed class VfReturn(IKernel kernel, LeaseFiles leases, VfDevices devices, SriovCni sriov)
{
    /// <summary>
    /// Brings the VF back, restores it and drops its lease. What is done already is left, so it may be called again after a crash anywhere in it.
    /// </summary>
    /// <returns>null, or what could not be done. Only while the VF is still in the container the lease stays.</returns>
    public IoError? GiveBack(Lease lease)
    {
        if (sriov.Lock(lease.Vf, wait: true, out IDisposable? guard) is { } barred)
            return barred;

        using (guard)
        {
            if (lease.Before is not null && leases.IsGood(lease) && BringBack(lease, lease.Before) is { } stuck)
                return stuck;

            // The plugin that has set it up was asked to undo that.
            return SettleUnlessChanged(lease, lease with { Delegate = null });
        }
    }

    /// <summary>
    /// Settles the lease of a container whose namespace has ended without a word; nothing when it has not, or when somebody else was first.
    /// </summary>
    /// <inheritdoc cref="Settle"/>
    public IoError? SettleEnded(Lease lease)
    {
        if (leases.IsGood(lease))
            return null;
        if (sriov.Lock(lease.Vf, wait: false, out IDisposable? guard) is { } barred)
            return barred;

        using (guard)
            return SettleUnlessChanged(lease, lease);
    }

    /// <summary>
    /// Makes a VF that is back on the host what it was before, and drops its lease, unless another plugin's end is still to come. One that
    /// is still on its way back is left for the next who looks, and one that was made anew is left as it is. Under the lock, and sriov-cni's.
    /// </summary>
    /// <returns>null, or the first thing that could not be made as it was.</returns>
    public IoError? Settle(Lease lease)
    {
        bool isOfVf = leases.IsOfVf(lease);
        if (isOfVf && lease.Before is not null && devices.IsAway(lease.Vf))
            return null;

        IoError? unlike = isOfVf ? Restore(lease) : null;
        return (lease.Delegate is null ? leases.Drop(lease.Vf) : leases.Write(lease with { Before = null, AdminMac = null })) ?? unlike;
    }

    // Somebody else may have seen that the namespace is gone, and have handed the VF out again.
    private IoError? SettleUnlessChanged(Lease lease, Lease settled)
    {
        IoResult<IDisposable> locked = leases.Lock();
        if (!locked.Ok)
            return locked.Error;

        using IDisposable held = locked.Value;
        if (leases.Read(lease.Vf, out Lease? now) is { } unread)
            return unread;

        return now == lease ? Settle(settled) : null;
    }

    private static LinkBefore Of(Link link) => new(link.Name, link.Mac, link.Mtu, link.Up);

    private IoError? Restore(Lease lease)
    {
        // It never had a netdev, or has none any more, since it was given to another driver.
        if (lease.Before is not { } before || devices.LinkOf(lease.Vf) is not { } link)
            return RestoreAdminMac(lease);
        if (Of(link) == before && lease.AdminMac is null)
            return null;

        IoResult<INetworkNamespace> opened = kernel.OpenNamespace(null);
        if (!opened.Ok)
            return opened.Error;

        using INetworkNamespace host = opened.Value;
        int index = link.Index;
        bool isChanged = Of(link) with { Up = before.Up } != before;
        IoError? mac = null;
        if (isChanged && link.Up)
            host.SetLinkUp(index, false);
        if (link.Mac != before.Mac || lease.AdminMac is not null)
        {
            // A driver may not let a VF go back to an address that its PF does not hold for it.
            mac = host.SetLinkMac(index, before.Mac);
            if (lease.AdminMac is not null && devices.AdminMacOf(lease.Vf) != lease.AdminMac)
                mac = RestoreAdminMac(lease) ?? host.SetLinkMac(index, before.Mac);
        }

        IoError? mtu = link.Mtu == before.Mtu ? null : host.SetLinkMtu(index, before.Mtu);
        IoError? name = link.Name == before.Name ? null : Rename(host, index, before.Name);
        IoError? up = before.Up != (link.Up && !isChanged) ? host.SetLinkUp(index, before.Up) : null;

        // What has its name now was here first.
        return mac ?? mtu ?? (name is { Errno: Errno.EEXIST } ? null : name) ?? up;
    }

    // Udev leaves a NIC the name that a container gave it, and gives it the one that it would have had as another (systemd.link(5), NamePolicy keep).
    private static IoError? Rename(INetworkNamespace host, int index, string name)
    {
        IoError? error = host.SetLinkName(index, name);
        return error is { Errno: Errno.EEXIST } && host.RemoveAlternativeName(index, name) is null ? host.SetLinkName(index, name) : error;
    }

    private IoError? RestoreAdminMac(Lease lease) =>
        lease.AdminMac is { } mac && devices.AdminMacOf(lease.Vf) is { } now && now != mac ? devices.SetAdminMac(lease.Vf, mac) : null;

    private IoError? BringBack(Lease lease, LinkBefore before)
    {
        IoResult<INetworkNamespace> opened = kernel.OpenNamespace(lease.Namespace);
        if (!opened.Ok)
            return opened.Error.Errno == Errno.ENOENT ? null : opened.Error;

        using INetworkNamespace container = opened.Value;
        IoResult<IReadOnlyList<Link>> links = container.GetLinks();
        if (!links.Ok)
            return links.Error;
        if (container.Inode != lease.NamespaceInode || VfHandover.Find(links.Value, lease) is not { } link)
            return null;

        IoResult<INetworkNamespace> home = kernel.OpenNamespace(null);
        if (!home.Ok)
            return home.Error;

        // It shall not be seen on the host under a name that it had in there: udev would give it another one.
        using INetworkNamespace host = home.Value;
        container.SetLinkUp(link.Index, false);
        container.SetLinkName(link.Index, before.Name);
        IoError? error = container.MoveLink(link.Index, host, before.Name);
        if (error is { Errno: Errno.EEXIST })
            error = container.MoveLink(link.Index, host, "eth%d");

        // It has moved under the name it had, or its VF was taken away.
        return error is { Errno: Errno.ENODEV } ? null : error;
    }
}
