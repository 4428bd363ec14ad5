using VfAgent.Core.Kernel;

namespace VfAgent.Host;

/// <summary>
/// One look at a part of the host. That something is not there is a fact; something that cannot be read is unknown, and then so is the whole: an
/// error taken for absence would make a VF look free that somebody has.
/// </summary>
internal sealed class Look
{
    /// <summary>The first error that says nothing about what is there; null when all that was asked is known.</summary>
    public IoError? Unknown { get; private set; }

    /// <summary>What was read, or what stands for absence.</summary>
    public T? At<T>(IoResult<T> read, T? absent)
    {
        if (read.Ok)
            return read.Value;

        if (!SaysAbsent(read.Error.Errno))
            Unknown ??= read.Error;
        return absent;
    }

    /// <summary>What was made of it, unless some of that is unknown.</summary>
    public IoResult<T> Seen<T>(T sight) => Unknown is { } error ? error : sight;

    // A device that goes while it is read answers ENODEV; EINVAL and EOPNOTSUPP mean that a driver has no such thing.
    private static bool SaysAbsent(Errno errno) =>
        errno is Errno.ENOENT or Errno.ENODEV or Errno.ENXIO or Errno.ENOTDIR or Errno.EISDIR or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.EFBIG;
}
