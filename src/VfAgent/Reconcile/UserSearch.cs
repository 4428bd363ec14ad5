using VfAgent.Core.Observed;
using VfAgent.Core.Planning;

namespace VfAgent.Reconcile;

/// <summary>
/// When to look for the name of whoever has a VF: a runtime moves the netdev first and writes down whose it is when all of the container's
/// networks are done. Soon at first, then more and more seldom: somebody who is not a CNI runtime writes nothing at all.
/// </summary>
internal sealed class UserSearch
{
    private readonly Recheck _again = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromHours(1));

    /// <summary>null while everybody who has a VF is known.</summary>
    public DateTimeOffset? NextAt => _again.NextAt;

    /// <summary>A new picture of the host.</summary>
    public void Consider(HostSnapshot host, DateTimeOffset now)
    {
        if (host.Pfs.Values.Any(pf => pf.Vfs.Any(vf => IsUnknown(vf, new VfId(pf.Address, vf.Index), host))))
            _again.Want(now);
        else
            _again.Reset();
    }

    /// <summary>Whether it is time, and then once; the next time is later.</summary>
    public bool TakeDue(DateTimeOffset now)
    {
        bool isDue = _again.IsDue(now);
        if (isDue)
            _again.Begin(now);
        return isDue;
    }

    private static bool IsUnknown(VirtualFunction vf, VfId id, HostSnapshot host) =>
        VfUse.IsAway(vf, id, host) && host.Containers.UserOf(vf.Address) is null;
}
