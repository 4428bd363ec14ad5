using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Files;

/// <summary>One thread that sleeps in poll(2) until inotify has something to tell of the folders, or until it is disposed.</summary>
internal sealed class FolderWatch : IFolderWatch
{
    // A file counts as changed when its writer closes it: before, it may be half written.
    private const uint Changes =
        Libc.IN_CLOSE_WRITE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_DELETE | Libc.IN_DELETE_SELF | Libc.IN_MOVE_SELF | Libc.IN_ONLYDIR;

    // struct inotify_event (inotify(7)): int wd, u32 mask, u32 cookie, u32 len, then the name, padded with NULs.
    private const int HeaderSize = 16;
    private const int LengthOffset = 12;

    private readonly SafeFileHandle _inotify;
    private readonly SafeFileHandle _stop;
    private readonly Action _onChange;
    private readonly Thread _thread;
    private bool _disposed;

    private FolderWatch(SafeFileHandle inotify, SafeFileHandle stop, Action onChange)
    {
        (_inotify, _stop, _onChange) = (inotify, stop, onChange);
        _thread = new Thread(Run) { IsBackground = true, Name = "folder changes" };
        _thread.UnsafeStart();
    }

    internal static IoResult<IFolderWatch> Start(Action onChange)
    {
        SafeFileHandle inotify = Libc.InotifyInit(Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (inotify.IsInvalid)
            return Libc.LastError("open an inotify instance");

        SafeFileHandle stop = Libc.EventFd(0, Libc.EFD_CLOEXEC);
        if (!stop.IsInvalid)
            return new FolderWatch(inotify, stop, onChange);

        IoError error = Libc.LastError("open an eventfd");
        inotify.Dispose();
        return error;
    }

    /// <summary>Adding a folder that is watched already changes nothing. A failure (no such folder, no watch left) leaves it to the next look.</summary>
    public void Cover(IEnumerable<string> folders)
    {
        foreach (string folder in folders)
            _ = Libc.InotifyAddWatch(_inotify, folder, Changes);
    }

    /// <summary>Nothing is told after this returns, except to a caller that is itself being told.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        _ = Libc.Write(_stop, BitConverter.GetBytes(1UL));
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

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

    private void Run()
    {
        Span<byte> buffer = stackalloc byte[4096];
        Span<Libc.PollDescriptor> sources = [Source(_stop), Source(_inotify)];
        while (true)
        {
            if (Libc.Poll(sources, (nuint)sources.Length, -1) < 0)
                continue;

            if (sources[0].ReturnedEvents != 0)
                break;

            nint count = Libc.Read(_inotify, buffer);
            if (count > 0 && MatterIn(buffer[..(int)count]))
                _onChange();
        }

        _inotify.Dispose();
        _stop.Dispose();
    }

    private static Libc.PollDescriptor Source(SafeFileHandle handle) =>
        new() { Descriptor = (int)handle.DangerousGetHandle(), Events = Libc.POLLIN };
}
