using VfAgent.Core.Kernel;
using VfAgent.Simulation.Calls;
using VfAgent.Simulation.Files;

namespace VfAgent.Simulation;

/// <summary>
/// Files in memory, twice: as processes see them (the page cache) and as the platter holds them. A process that dies loses nothing; a power loss
/// takes what was not synced: a file's bytes until the file is, a file's name, rename or removal until its folder is.
/// </summary>
public sealed class SimulatedDisk : IDisk
{
    private readonly CallGate _gate;
    private readonly AgentProcess _process;
    private readonly Volume _volume;

    internal SimulatedDisk(CallGate gate, AgentProcess process, Volume volume) => (_gate, _process, _volume) = (gate, process, volume);

    public IoResult<byte[]> Read(string path, int limit = 1 << 20) => Query<byte[]>(CallKind.ReadFile, path, "read", _ =>
    {
        if ((_volume.Find(path, out Inode inode) ?? (inode is FileInode ? null : Errno.EISDIR)) is { } errno)
            return Error(errno, "read", path);

        byte[] content = ((FileInode)inode).Content;
        return content.Length > limit ? Error(Errno.EFBIG, "read", path) : content.AsSpan().ToArray();
    });

    public IoResult<IReadOnlyList<string>> List(string directory) =>
        Query<IReadOnlyList<string>>(CallKind.ListFiles, directory, "list", _ =>
            _volume.FindFolder(directory, out FolderInode folder) is { } errno
                ? Error(errno, "list", directory)
                : folder.Entries.Where(entry => entry.Value is FileInode).Select(entry => entry.Key).ToList());

    public IoResult<FileStamp> Stat(string path) => Query<FileStamp>(CallKind.StatFile, path, "stat", _ =>
        _volume.Find(path, out Inode inode) is { } errno
            ? Error(errno, "stat", path)
            : new FileStamp(inode.Number, inode is FileInode file ? file.Content.Length : 0, inode.Modified));

    public IoError? Write(string path, ReadOnlySpan<byte> content, int mode)
    {
        byte[] bytes = content.ToArray();
        string value = $"{bytes.Length} bytes, mode {Convert.ToString(mode, 8)}";
        return Mutate(CallKind.WriteFile, path, value, $"write {path}", () => Store(path, bytes, mode), errno => Tear(errno, path, bytes, mode));
    }

    public IoError? Sync(string path) => Mutate(CallKind.SyncFile, path, null, $"sync {path}", () =>
    {
        Errno? errno = _volume.Find(path, out Inode inode);
        if (errno is null)
            inode.Sync();

        return errno;
    });

    public IoError? Rename(string from, string to) => Mutate(CallKind.RenameFile, from, to, $"rename {from} to {to}", () =>
    {
        if ((FindFile(from, out FolderInode folder, out string name) ?? _volume.FindParent(to, out _, out _)) is { } errno)
            return errno;

        if (Path.GetDirectoryName(from) != Path.GetDirectoryName(to))
            throw new InvalidOperationException($"{from} and {to} are not in one folder");

        string target = Path.GetFileName(to);
        if (folder.Find(target) is FolderInode)
            return Errno.EISDIR;

        folder.Rename(name, target);
        _volume.Touch(folder);
        _volume.Watches.Changed(to);
        return null;
    });

    public IoError? Delete(string path) => Mutate(CallKind.DeleteFile, path, null, $"delete {path}", () =>
    {
        Errno? errno = FindFile(path, out FolderInode folder, out string name);
        if (errno is null)
        {
            folder.Remove(name);
            _volume.Touch(folder);
            _volume.Watches.Changed(path);
        }

        return errno;
    });

    /// <summary>Folders made here survive a power loss, as those of the real disk do.</summary>
    public IoError? CreateDirectory(string path) =>
        Mutate(CallKind.CreateDirectory, path, null, $"create folder {path}", () => _volume.MakeFolders(path));

    public IoResult<IDisposable> Lock(string path, bool wait = true) => _gate.Hold<IoResult<IDisposable>>(
        _process, CallKind.Lock, path,
        _ =>
        {
            if (_volume.Locks.TryGetValue(path, out AgentProcess? holder) && !holder.IsDead)
                return wait ? throw new SimulatedHang() : Error(Errno.EAGAIN, "lock", path);

            if (_volume.Find(path, out Inode _) is not null && Store(path, [], 0b110_000_000) is { } errno)
                return Error(errno, "lock", path);

            _volume.Locks[path] = _process;
            return new HeldLock(() => _gate.Release(_process, () => _volume.Locks.Remove(path)));
        },
        errno => Error(errno, "lock", path));

    public IoResult<IFolderWatch> Watch(Action onChange)
    {
        using CallGate.Scope scope = _gate.Enter();
        _process.ThrowIfDead();
        return _volume.Watches.Add(_process, _volume, onChange);
    }

    /// <summary>Someone else writes a file in place, long enough ago to be durable, and makes the folders it needs.</summary>
    public void Put(string path, string text, int mode = 0b110_100_100)
    {
        using CallGate.Scope scope = _gate.Enter();
        _volume.MakeFolders(Path.GetDirectoryName(path)!);
        if (Store(path, System.Text.Encoding.UTF8.GetBytes(text), mode) is { } errno)
            throw new InvalidOperationException($"cannot put {path}: {errno}");

        SyncAll(path);
    }

    /// <summary>Someone else removes a file.</summary>
    public void Remove(string path)
    {
        using CallGate.Scope scope = _gate.Enter();
        if (FindFile(path, out FolderInode folder, out string name) is { } errno)
            throw new InvalidOperationException($"cannot remove {path}: {errno}");

        folder.Remove(name);
        folder.Sync();
        _volume.Touch(folder);
        _volume.Watches.Changed(path);
    }

    /// <summary>A look at a file that is not one of the agent's calls; null when there is none.</summary>
    public SimulatedFile? Look(string path)
    {
        using CallGate.Scope scope = _gate.Look();
        return _volume.Find(path, out Inode inode) is null && inode is FileInode file ? new SimulatedFile(file.Text, file.Mode) : null;
    }

    /// <summary>A file's bytes; null when there is none.</summary>
    public byte[]? Bytes(string path)
    {
        using CallGate.Scope scope = _gate.Look();
        return _volume.Find(path, out Inode inode) is null && inode is FileInode file ? file.Content : null;
    }

    /// <summary>The paths of all files under a folder, in ordinal order.</summary>
    public IReadOnlyList<string> Files(string under = "/")
    {
        using CallGate.Scope scope = _gate.Look();
        return _volume.FindFolder(under, out FolderInode folder) is null ? [.. Under(folder, under.TrimEnd('/'))] : [];
    }

    private static IEnumerable<string> Under(FolderInode folder, string path) => folder.Entries.SelectMany(entry => entry.Value is FolderInode inner
        ? Under(inner, $"{path}/{entry.Key}")
        : [$"{path}/{entry.Key}"]);

    private static IoError Error(Errno errno, string operation, string path) => new(errno, $"{operation} {path}");

    private void SyncAll(string path)
    {
        if (_volume.FindParent(path, out FolderInode folder, out string name) is null)
        {
            folder.Sync();
            folder.Find(name)?.Sync();
        }
    }

    private Errno? FindFile(string path, out FolderInode folder, out string name)
    {
        if (_volume.FindParent(path, out folder, out name) is { } errno)
            return errno;

        return folder.Find(name) switch { null => Errno.ENOENT, FolderInode => Errno.EISDIR, _ => null };
    }

    private Errno? Store(string path, byte[] bytes, int mode)
    {
        if (_volume.FindParent(path, out FolderInode folder, out string name) is { } errno)
            return errno;

        Inode? there = folder.Find(name);
        if (there is FolderInode)
            return Errno.EISDIR;

        var file = there as FileInode ?? _volume.NewFile();
        if (there is null)
        {
            folder.Add(name, file);
            _volume.Touch(folder);
        }

        file.Write(bytes);
        file.Mode = mode;
        _volume.Touch(file);
        _volume.Watches.Changed(path);
        return null;
    }

    // open(2) went well and write(2) did not.
    private void Tear(Errno errno, string path, byte[] bytes, int mode)
    {
        if (errno is Errno.ENOSPC or Errno.EIO)
            Store(path, bytes[..(bytes.Length / 2)], mode);
    }

    private IoResult<T> Query<T>(CallKind kind, string path, string operation, Func<Fault, IoResult<T>> answer) =>
        _gate.Query(_process, kind, path, answer, errno => Error(errno, operation, path));

    private IoError? Mutate(CallKind kind, string path, string? value, string operation, Func<Errno?> effect, Action<Errno>? onFault = null) =>
        _gate.Mutate(
            _process, kind, path, value,
            _ => effect() is { } errno ? new IoError(errno, operation) : null,
            errno =>
            {
                onFault?.Invoke(errno);
                return new IoError(errno, operation);
            });
}

/// <summary>A file's lock while it is had.</summary>
internal sealed class HeldLock(Action release) : IDisposable
{
    public void Dispose() => release();
}

/// <param name="Text">Its bytes, as UTF-8.</param>
/// <param name="Mode">Permission bits.</param>
public sealed record SimulatedFile(string Text, int Mode);
