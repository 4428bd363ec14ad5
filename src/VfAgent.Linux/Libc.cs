using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;

[assembly: DisableRuntimeMarshalling]

namespace VfAgent.Linux;

/// <summary>
/// The file system calls, as glibc wraps them. .NET's own classes turn errno into exceptions that no longer tell EBUSY from ERANGE, and
/// errno is what a driver answers with. Constants are those of x86-64 and arm64.
/// </summary>
internal static partial class Libc
{
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_CREAT = 0x40;
    internal const int O_TRUNC = 0x200;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int CLONE_NEWNET = 0x40000000;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    private const string Name = "libc";

    internal static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    internal static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>What the call just made on this thread failed with.</summary>
    internal static IoError LastError(string operation) => new(LastErrno, operation);

    internal static SafeFileHandle Open(string path, int flags, int mode = 0)
    {
        while (true)
        {
            SafeFileHandle file = OpenOnce(path, flags | O_CLOEXEC, (uint)mode);
            if (!file.IsInvalid || LastErrno != Errno.EINTR)
                return file;
        }
    }

    internal static nint Read(SafeFileHandle file, Span<byte> buffer)
    {
        nint count;
        do
        {
            count = ReadOnce(file, buffer, buffer.Length);
        }
        while (count < 0 && LastErrno == Errno.EINTR);
        return count;
    }

    /// <summary>One write(2); it is made again only when a signal came before the kernel took anything.</summary>
    internal static nint Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        nint count;
        do
        {
            count = WriteOnce(file, bytes, bytes.Length);
        }
        while (count < 0 && LastErrno == Errno.EINTR);
        return count;
    }

    /// <summary>Waits for it, or fails with EAGAIN when somebody else has it.</summary>
    internal static int Flock(SafeFileHandle file, bool wait)
    {
        int result;
        do
        {
            result = FlockOnce(file, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
        }
        while (result != 0 && LastErrno == Errno.EINTR);
        return result;
    }

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenOnce(string path, int flags, uint mode);

    [LibraryImport(Name, EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadOnce(SafeFileHandle file, Span<byte> buffer, nint count);

    [LibraryImport(Name, EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteOnce(SafeFileHandle file, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport(Name, EntryPoint = "flock", SetLastError = true)]
    private static partial int FlockOnce(SafeFileHandle file, int operation);

    /// <summary>Into the namespace for this thread alone.</summary>
    [LibraryImport(Name, EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(SafeFileHandle file, int type);

    [LibraryImport(Name, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(SafeFileHandle file);

    [LibraryImport(Name, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int Fchmod(SafeFileHandle file, uint mode);

    [LibraryImport(Name, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Chmod(string path, uint mode);

    [LibraryImport(Name, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport(Name, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport(Name, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mkdir(string path, uint mode);

    [LibraryImport(Name, EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport(Name, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, Span<byte> buffer, nint size);

    [LibraryImport(Name, EntryPoint = "opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint OpenDirectory(string path);

    [LibraryImport(Name, EntryPoint = "readdir", SetLastError = true)]
    internal static partial nint ReadDirectory(nint directory);

    [LibraryImport(Name, EntryPoint = "closedir")]
    internal static partial int CloseDirectory(nint directory);
}
