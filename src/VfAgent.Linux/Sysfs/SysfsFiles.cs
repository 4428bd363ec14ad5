using System.Text;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;
using VfAgent.Linux.Files;

namespace VfAgent.Linux.Sysfs;

/// <summary>Attributes under /sys, /proc and /dev, each operation the system calls it says and no other.</summary>
internal static class SysfsFiles
{
    // sysfs answers with at most one page; /proc may say more.
    private const int PageSize = 4096;
    private const int Limit = 1 << 20;

    internal static IoResult<string> Read(string path)
    {
        string operation = $"read {path}";
        using SafeFileHandle file = Libc.Open(path, Libc.O_RDONLY);
        if (file.IsInvalid)
            return Libc.LastError(operation);

        byte[] buffer = new byte[PageSize];
        int length = 0;
        while (true)
        {
            nint count = Libc.Read(file, buffer.AsSpan(length));
            if (count < 0)
                return Libc.LastError(operation);

            if (count == 0)
                return Text(buffer.AsSpan(0, length));

            length += (int)count;
            if (length == buffer.Length && length >= Limit)
                return new IoError(Errno.EFBIG, operation);

            if (length == buffer.Length)
                Array.Resize(ref buffer, length * 2);
        }
    }

    internal static IoResult<IReadOnlyList<string>> List(string path) => Folder.List(path, static (_, _) => true);

    internal static IoResult<string> ReadLink(string path)
    {
        IoResult<string> target = ReadLinkTarget(path);
        return target.Ok ? target.Value[(target.Value.LastIndexOf('/') + 1)..] : target;
    }

    internal static IoResult<string> ReadLinkTarget(string path)
    {
        Span<byte> target = stackalloc byte[PageSize];
        nint length = Libc.ReadLink(path, target, target.Length);
        return length < 0 ? Libc.LastError($"read link {path}") : Encoding.UTF8.GetString(target[..(int)length]);
    }

    internal static bool Exists(string path) => IsThere(path).ValueOr(false);

    internal static IoResult<bool> IsThere(string path)
    {
        if (Libc.Access(path, 0) == 0)
            return true;

        IoError error = Libc.LastError($"look for {path}");
        return error.Errno is Errno.ENOENT or Errno.ENOTDIR ? false : error;
    }

    internal static IoError? Write(string path, string value)
    {
        string operation = $"write {Shown(value)} to {path}";

        // write(2) of no bytes succeeds without asking the driver: that it worked would be a lie.
        if (value.Length == 0)
            return new IoError(Errno.EINVAL, operation, "nothing to write");

        using SafeFileHandle file = Libc.Open(path, Libc.O_WRONLY);
        if (file.IsInvalid)
            return Libc.LastError(operation);

        // The driver's store function sees exactly this one buffer; a second write would be a second command.
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        nint written = Libc.Write(file, bytes);
        if (written < 0)
            return Libc.LastError(operation);

        return written == bytes.Length ? null : new IoError(Errno.EIO, operation, $"the kernel took {written} of {bytes.Length} bytes");
    }

    private static string Text(ReadOnlySpan<byte> bytes) =>
        Encoding.UTF8.GetString(bytes is [.. var line, (byte)'\n'] ? line : bytes);

    private static string Shown(string value) => value.TrimEnd('\n') is { Length: > 0 } text ? text : "''";
}
