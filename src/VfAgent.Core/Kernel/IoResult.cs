using System.Diagnostics.CodeAnalysis;

namespace VfAgent.Core.Kernel;

/// <summary>A call's value or its error; a failed call is a value here, not an exception.</summary>
public readonly record struct IoResult<T>
{
    private IoResult(T? value, IoError? error) => (Value, Error) = (value, error);

    public T? Value { get; }

    public IoError? Error { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Ok => Error is null;

    public T? ValueOr(T? fallback) => Ok ? Value : fallback;

    public static implicit operator IoResult<T>(T value) => new(value, null);

    public static implicit operator IoResult<T>(IoError error) => new(default, error);
}

/// <param name="Errno">The kernel's number.</param>
/// <param name="Operation">What was tried, such as <c>write 4 to /sys/bus/pci/devices/0000:02:00.0/sriov_numvfs</c>.</param>
/// <param name="KernelText">The kernel's own words (netlink extended ack), when it said any.</param>
public sealed record IoError(Errno Errno, string Operation, string? KernelText = null)
{
    public override string ToString() =>
        KernelText is null ? $"{Operation}: {Errno}" : $"{Operation}: {Errno} ({KernelText})";
}

/// <summary>Linux errno values (asm-generic), named as in errno(3).</summary>
[SuppressMessage("Design", "CA1008:Enums should have zero value", Justification = "Zero is success, which is no error.")]
public enum Errno
{
    EPERM = 1,
    ENOENT = 2,
    EINTR = 4,
    EIO = 5,
    ENXIO = 6,
    E2BIG = 7,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EBUSY = 16,
    EEXIST = 17,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    EMFILE = 24,
    EFBIG = 27,
    ENOSPC = 28,
    EROFS = 30,
    ERANGE = 34,
    ENAMETOOLONG = 36,
    ENOSYS = 38,
    ELOOP = 40,
    EBADMSG = 74,
    EMSGSIZE = 90,
    EPROTONOSUPPORT = 93,
    EOPNOTSUPP = 95,
    EAFNOSUPPORT = 97,
    EADDRNOTAVAIL = 99,
    ENETDOWN = 100,
    ENETUNREACH = 101,
    ENOBUFS = 105,
    ETIMEDOUT = 110,
    EDQUOT = 122,
}
