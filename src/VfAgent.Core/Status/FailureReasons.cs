using VfAgent.Core.Kernel;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Status;

/// <summary>What a step's errno means to an operator.</summary>
public static class FailureReasons
{
    /// <param name="step">What was tried.</param>
    /// <param name="error">What came of it.</param>
    /// <param name="lockdown">The kernel's lockdown level when it has one: <c>integrity</c>.</param>
    public static Finding For(Step step, IoError error, string? lockdown = null) =>
        step is LoadModule && lockdown is not null && IsDenied(error.Errno)
            ? new(Reasons.Lockdown, $"{step}: {Describe(error)}; kernel lockdown is {lockdown}")
            : new(ReasonOf(step, error.Errno), $"{step}: {Describe(error)}") { Vf = (step as IVfStep)?.Vf };

    /// <summary>The kernel let this process not do it.</summary>
    public static bool IsDenied(Errno errno) => errno is Errno.EPERM or Errno.EACCES;

    /// <summary>A step that reported success and yet has to be taken again.</summary>
    public static Finding NoEffect(Step step) => step switch
    {
        SetNumVfs { NumVfs: > 0 } s => new(Reasons.PartialVfs, $"the kernel accepted {s.NumVfs} VFs for {s.Pf} and did not make them"),
        ProbeDriver s => new(Reasons.DriverNotBound, $"no driver took {s.Address}"),
        _ => new(Reasons.NoEffect, $"{step}: accepted, but it did not change"),
    };

    /// <summary>A driver's answer to a setting that it does not take, now or ever.</summary>
    public static bool IsRefusal(Reason reason) => reason == Reasons.AttributeUnsupported || reason == Reasons.AttributeRejected;

    public static Finding Timeout(string what, TimeSpan deadline) =>
        new(Reasons.KernelTimeout, $"{what}: no answer from the kernel in {deadline.TotalSeconds:0} s");

    /// <summary>A look at the host that has shown nothing.</summary>
    public static Finding Unreadable(IoError error) => new(Reasons.KernelRefused, error.ToString());

    private static string Describe(IoError error) =>
        error.KernelText is { } text ? $"{error.Errno} ({text})" : error.Errno.ToString();

    private static Reason ReasonOf(Step step, Errno errno) => (step, errno) switch
    {
        (_, Errno.ETIMEDOUT) => Reasons.KernelTimeout,

        // Drivers say so of what is not this function's to set (mlx5, of a port that does not manage the NIC's switch).
        (SetVf, Errno.EPERM) => Reasons.AttributeUnsupported,
        (SetEswitch, not (Errno.EPERM or Errno.EACCES or Errno.ENODEV)) => Reasons.EswitchBlocked,
        _ when IsDenied(errno) => Reasons.MissingCapability,
        (SetNumVfs, Errno.ERANGE) => Reasons.NumVfsExceedsTotal,
        (SetNumVfs, Errno.EBUSY) => Reasons.VfsPresent,
        (SetNumVfs, Errno.ENOENT) => Reasons.PfDriverMissing,
        (SetNumVfs, Errno.ENOMEM or Errno.ENOSPC) => Reasons.NoMmioSpace,
        (SetNumVfs, Errno.EAGAIN) => Reasons.DriverBusy,
        (SetNumVfs, Errno.EINVAL) => Reasons.VfsAssigned,
        (SetMtu or SetVfMtu, Errno.EINVAL or Errno.ERANGE) => Reasons.MtuOutOfRange,
        (SetVf, Errno.EOPNOTSUPP or Errno.EPROTONOSUPPORT) => Reasons.AttributeUnsupported,
        (SetVf, Errno.EINVAL or Errno.ERANGE) => Reasons.AttributeRejected,
        (SetMtu or SetVfMtu or SetLinkUp or SetVf or SetEswitch, Errno.ENODEV) => Reasons.NetdevMissing,
        (LoadModule, _) => Reasons.ModuleMissing,
        (_, Errno.EROFS) => Reasons.ReadOnlyFileSystem,
        (ProbeDriver or UnbindDriver or RebindDriver or SetDriverOverride, _) => Reasons.DriverNotBound,

        // What a NIC's driver says with the errnos that follow is not about a disk.
        (SetNumVfs or SetMtu or SetLinkUp or SetVf or SetVfMtu or SetAutoprobe or SettleLease, _) => Reasons.KernelRefused,
        (_, Errno.ENOSPC or Errno.EDQUOT) => Reasons.DiskFull,
        (_, Errno.EIO) => Reasons.DiskFault,
        _ => Reasons.KernelRefused,
    };
}
