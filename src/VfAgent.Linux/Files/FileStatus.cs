using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VfAgent.Linux.Files;

/// <summary>What statx(2) says of a file. It and not stat(2), whose structure differs from one architecture to the next.</summary>
internal readonly partial record struct FileStatus(int Mode, long Inode, long Size, long ModifiedNanoseconds)
{
    private const int AtFdCwd = -100;
    private const int AtEmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;
    private const int FileTypeMask = 0xf000;
    private const int RegularFile = 0x8000;
    private const int DirectoryFile = 0x4000;

    internal bool IsRegular => (Mode & FileTypeMask) == RegularFile;

    internal bool IsDirectory => (Mode & FileTypeMask) == DirectoryFile;

    /// <summary>Of the file a path leads to, through symbolic links; false leaves the reason in <see cref="Libc.LastErrno"/>.</summary>
    internal static bool TryGet(string path, out FileStatus status)
    {
        bool ok = Statx(AtFdCwd, path, 0, BasicStats, out StatxBuffer buffer) == 0;
        status = From(buffer);
        return ok;
    }

    internal static bool TryGet(SafeFileHandle file, out FileStatus status)
    {
        bool ok = Statx(file, "", AtEmptyPath, BasicStats, out StatxBuffer buffer) == 0;
        status = From(buffer);
        return ok;
    }

    private static FileStatus From(in StatxBuffer buffer) =>
        new(buffer.Mode, (long)buffer.Inode, (long)buffer.Size, (buffer.ModifiedSeconds * 1_000_000_000) + buffer.ModifiedNanoseconds);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle directory, string path, int flags, uint mask, out StatxBuffer buffer);

    /// <summary>struct statx of linux/stat.h.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
    }
}
