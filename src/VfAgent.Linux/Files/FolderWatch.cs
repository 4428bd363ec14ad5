using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Files;

/// <summary>inotify, on a thread of its own.</summary>
internal sealed class FolderWatch : IFolderWatch
{
    // A link that is made (link(2), symlink(2)) tells nothing else. A file that is made is looked at once more when its writer closes it: before, it
    // may be half written.
    private const uint Changes =
        Libc.IN_CREATE | Libc.IN_CLOSE_WRITE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_DELETE | Libc.IN_DELETE_SELF | Libc.IN_MOVE_SELF | Libc.IN_ONLYDIR;

    private const uint FirstEntry = Libc.IN_CREATE | Libc.IN_MOVED_TO | Libc.IN_ONLYDIR | Libc.IN_ONESHOT | Libc.IN_MASK_CREATE;

    // struct inotify_event (inotify(7)): int wd, u32 mask, u32 cookie, u32 len, then the name, padded with NULs.
    private const int HeaderSize = 16;
    private const int LengthOffset = 12;

    private readonly SafeFileHandle _inotify;
    private readonly PollThread _thread;

    private FolderWatch(SafeFileHandle inotify, PollThread thread) => (_inotify, _thread) = (inotify, thread);

    internal static IoResult<IFolderWatch> Start(Action onChange)
    {
        SafeFileHandle inotify = Libc.InotifyInit(Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (inotify.IsInvalid)
            return Libc.LastError("open an inotify instance");

        IoResult<PollThread> thread = PollThread.Start("folder changes", new PollThread.Source(inotify, () => Read(inotify, onChange)));
        return thread.Ok ? new FolderWatch(inotify, thread.Value) : thread.Error;
    }

    /// <summary>
    /// Adding a folder that is watched already changes nothing. Of one that is not there, its nearest ancestor tells once when something is made or
    /// moved there. Other failures (no watch left) leave it to the next look.
    /// </summary>
    public void Cover(IEnumerable<string> folders)
    {
        foreach (string folder in folders)
        {
            // The ancestor first: what is made after that tells, and what was made before is watched itself.
            if (Libc.InotifyAddWatch(_inotify, folder, Changes) < 0 && AwaitBelowAncestor(folder))
                _ = Libc.InotifyAddWatch(_inotify, folder, Changes);
        }
    }

    private bool AwaitBelowAncestor(string folder)
    {
        for (string? above = Path.GetDirectoryName(folder); above is not null; above = Path.GetDirectoryName(above))
        {
            // EEXIST: it is watched already, for itself or for another that is not there.
            if (Libc.InotifyAddWatch(_inotify, above, FirstEntry) >= 0 || Marshal.GetLastPInvokeError() == (int)Errno.EEXIST)
                return true;
            if (Marshal.GetLastPInvokeError() != (int)Errno.ENOENT)
                return false;
        }

        return false;
    }

    public void Dispose() => _thread.Dispose();

    /// <summary>Whether a batch of events tells of more than our own temporary files, which nobody reads.</summary>
    internal static bool MatterIn(ReadOnlySpan<byte> events)
    {
        while (events.Length >= HeaderSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(events[LengthOffset..]);
            ReadOnlySpan<byte> name = events.Slice(HeaderSize, length).TrimEnd((byte)0);
            if (!DurableFiles.IsTemporary(Encoding.UTF8.GetString(name)))
                return true;

            events = events[(HeaderSize + length)..];
        }

        return false;
    }

    private static void Read(SafeFileHandle inotify, Action onChange)
    {
        Span<byte> buffer = stackalloc byte[4096];
        nint count = Libc.Read(inotify, buffer);
        if (count > 0 && MatterIn(buffer[..(int)count]))
            onChange();
    }
}
