using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VfAgent.Linux;

/// <summary>inotify(7).</summary>
internal static partial class Libc
{
    internal const uint IN_CLOSE_WRITE = 0x8;
    internal const uint IN_MOVED_FROM = 0x40;
    internal const uint IN_MOVED_TO = 0x80;
    internal const uint IN_CREATE = 0x100;
    internal const uint IN_DELETE = 0x200;
    internal const uint IN_DELETE_SELF = 0x400;
    internal const uint IN_MOVE_SELF = 0x800;
    internal const uint IN_ONLYDIR = 0x0100_0000;
    internal const uint IN_MASK_CREATE = 0x1000_0000;
    internal const uint IN_ONESHOT = 0x8000_0000;

    [LibraryImport(Name, EntryPoint = "inotify_init1", SetLastError = true)]
    internal static partial SafeFileHandle InotifyInit(int flags);

    [LibraryImport(Name, EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int InotifyAddWatch(SafeFileHandle inotify, string path, uint mask);
}
