using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Files;

/// <summary>The file operations as system calls, so that every error is the kernel's own number.</summary>
public sealed class LinuxDisk : IDisk
{
    private const int DirectoryMode = 0b111_101_101;
    private const int LockMode = 0b110_000_000;

    /// <summary>One thread that is asleep while nothing happens. EMFILE is fs.inotify.max_user_instances.</summary>
    public IoResult<IFolderWatch> Watch(Action onChange) => FolderWatch.Start(onChange);

    /// <summary>
    /// EFBIG when the file is larger than <paramref name="limit"/> bytes; EISDIR or EINVAL for what is not a regular file.
    /// </summary>
    public IoResult<byte[]> Read(string path, int limit = 1 << 20)
    {
        string operation = $"read {path}";

        // Without O_NONBLOCK a FIFO in the folder would hold the open for ever.
        using SafeFileHandle file = Libc.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        if (file.IsInvalid || !FileStatus.TryGet(file, out FileStatus status))
            return Libc.LastError(operation);

        if (!status.IsRegular)
            return new IoError(status.IsDirectory ? Errno.EISDIR : Errno.EINVAL, operation);

        if (status.Size > limit)
            return new IoError(Errno.EFBIG, operation);

        return ReadAll(file, (int)status.Size, limit, operation);
    }

    /// <summary>Symbolic links to regular files count: who reads these folders (libcni, podman) follows them.</summary>
    public IoResult<IReadOnlyList<string>> List(string directory) =>
        Folder.List(directory, (name, type) => type switch
        {
            Folder.RegularFile => true,
            Folder.SymbolicLink or Folder.Unknown => LeadsToRegularFile(Path.Combine(directory, name)),
            _ => false,
        });

    public IoResult<FileStamp> Stat(string path) =>
        FileStatus.TryGet(path, out FileStatus status)
            ? new FileStamp(status.Inode, status.Size, status.ModifiedNanoseconds)
            : Libc.LastError($"stat {path}");

    /// <summary>ELOOP when <paramref name="path"/> is a symbolic link; the mode holds whatever the umask is.</summary>
    public IoError? Write(string path, ReadOnlySpan<byte> content, int mode)
    {
        string operation = $"write {path}";
        using SafeFileHandle file = Libc.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NOFOLLOW, mode);
        if (file.IsInvalid || Libc.Fchmod(file, (uint)mode) != 0)
            return Libc.LastError(operation);

        while (!content.IsEmpty)
        {
            nint written = Libc.Write(file, content);
            if (written < 0)
                return Libc.LastError(operation);

            content = content[(int)written..];
        }

        return null;
    }

    public IoError? Sync(string path)
    {
        using SafeFileHandle file = Libc.Open(path, Libc.O_RDONLY);
        return file.IsInvalid || Libc.Fsync(file) != 0 ? Libc.LastError($"sync {path}") : null;
    }

    public IoError? Rename(string from, string to) =>
        Libc.Rename(from, to) == 0 ? null : Libc.LastError($"rename {from} to {to}");

    public IoError? Delete(string path) =>
        Libc.Unlink(path) == 0 ? null : Libc.LastError($"delete {path}");

    /// <summary>Every folder it makes is synced into its parent: files in a folder that a power loss takes away are not durable.</summary>
    public IoError? CreateDirectory(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (FileStatus.TryGet(full, out FileStatus status))
            return status.IsDirectory ? null : new IoError(Errno.EEXIST, $"create folder {full}");

        string parent = Path.GetDirectoryName(full)!;
        return CreateDirectory(parent) ?? MakeDirectory(full) ?? Sync(parent);
    }

    /// <summary>Whoever may read the file could lock it, so only root may.</summary>
    public IoResult<IDisposable> Lock(string path, bool wait = true)
    {
        SafeFileHandle file = Libc.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_NOFOLLOW, LockMode);
        if (!file.IsInvalid && Libc.Flock(file, wait) == 0)
            return file;

        IoError error = Libc.LastError($"lock {path}");
        file.Dispose();
        return error;
    }

    private static bool LeadsToRegularFile(string path) => FileStatus.TryGet(path, out FileStatus status) && status.IsRegular;

    private static IoError? MakeDirectory(string path)
    {
        // chmod, because mkdir's mode is subject to the umask.
        bool made = Libc.Mkdir(path, DirectoryMode) == 0 && Libc.Chmod(path, DirectoryMode) == 0;
        return made || Libc.LastErrno == Errno.EEXIST ? null : Libc.LastError($"create folder {path}");
    }

    private static IoResult<byte[]> ReadAll(SafeFileHandle file, int size, int limit, string operation)
    {
        // One byte more than it should have tells a file that grew meanwhile.
        byte[] content = new byte[size + 1];
        int length = 0;
        while (true)
        {
            nint count = Libc.Read(file, content.AsSpan(length));
            if (count < 0)
                return Libc.LastError(operation);

            if (count == 0)
                return content[..length];

            length += (int)count;
            if (length > limit)
                return new IoError(Errno.EFBIG, operation);

            if (length == content.Length)
                Array.Resize(ref content, (int)Math.Min((long)length * 2, (long)limit + 1));
        }
    }
}
