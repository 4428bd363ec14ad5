using VfAgent.Core.Kernel;
using VfAgent.Core.Planning;

namespace VfAgent.Core.Status;

/// <summary>What a step's errno means to an operator.</summary>
public static class FailureReasons
{
    public static Finding For(Step step, IoError error) => new(ReasonOf(step, error.Errno), $"{step}: {Describe(error)}") { Vf = (step as IVfStep)?.Vf };

    /// <summary>A step that reported success and yet has to be taken again.</summary>
    public static Finding NoEffect(Step step) => step switch
    {
        SetNumVfs { NumVfs: > 0 } s => new(Reasons.PartialVfs, $"the kernel accepted {s.NumVfs} VFs for {s.Pf} and did not make them"),
        ProbeDriver s => new(Reasons.DriverNotBound, $"no driver took {s.Address}"),
        _ => new(Reasons.NoEffect, $"{step}: accepted, but it did not change"),
    };

    /// <summary>The answer of a driver to a setting that it does not take, now or ever; null when its errno is about something else.</summary>
    public static Reason? Refusal(Errno errno) => errno switch
    {
        Errno.EOPNOTSUPP or Errno.EPROTONOSUPPORT => Reasons.AttributeUnsupported,
        Errno.EINVAL or Errno.ERANGE => Reasons.AttributeRejected,
        _ => null,
    };

    public static Finding Timeout(string what, TimeSpan deadline) =>
        new(Reasons.KernelTimeout, $"{what}: no answer from the kernel in {deadline.TotalSeconds:0} s");

    private static string Describe(IoError error) =>
        error.KernelText is { } text ? $"{error.Errno} ({text})" : error.Errno.ToString();

    private static Reason ReasonOf(Step step, Errno errno) => (step, errno) switch
    {
        (_, Errno.ETIMEDOUT) => Reasons.KernelTimeout,
        (_, Errno.EPERM or Errno.EACCES) => Reasons.MissingCapability,
        (SetNumVfs, Errno.ERANGE) => Reasons.NumVfsExceedsTotal,
        (SetNumVfs, Errno.EBUSY) => Reasons.VfsPresent,
        (SetNumVfs, Errno.ENOENT) => Reasons.PfDriverMissing,
        (SetNumVfs, Errno.ENOMEM or Errno.ENOSPC) => Reasons.NoMmioSpace,
        (SetNumVfs, Errno.EAGAIN) => Reasons.DriverBusy,
        (SetNumVfs, Errno.EINVAL) => Reasons.VfsAssigned,
        (SetMtu or SetVfMtu, Errno.EINVAL or Errno.ERANGE) => Reasons.MtuOutOfRange,
        (SetVf, _) when Refusal(errno) is { } refusal => refusal,
        (SetMtu or SetVfMtu or SetLinkUp or SetVf, Errno.ENODEV) => Reasons.NetdevMissing,
        (LoadModule, _) => Reasons.ModuleMissing,
        (ProbeDriver or UnbindDriver or RebindDriver or SetDriverOverride, _) => Reasons.DriverNotBound,
        (_, Errno.ENOSPC or Errno.EDQUOT) => Reasons.DiskFull,
        (_, Errno.EROFS) => Reasons.ReadOnlyFileSystem,
        (_, Errno.EIO) => Reasons.DiskFault,
        _ => Reasons.KernelRefused,
    };
}
