namespace VfAgent.Core.Kernel;

/// <summary>
/// The file operations that state, conflists and CDI specs are made of, each one a step that a crash may fall behind.
/// <see cref="DurableFiles"/> composes them into atomic ones; nothing else writes.
/// </summary>
public interface IDisk
{
    /// <summary>A file's bytes; EFBIG when it is larger than <paramref name="limit"/> bytes.</summary>
    IoResult<byte[]> Read(string path, int limit = 1 << 20);

    /// <summary>The names of the regular files in a folder, in ordinal order; ENOENT when there is no such folder.</summary>
    IoResult<IReadOnlyList<string>> List(string directory);

    /// <summary>What tells one version of a file or folder from another without reading it.</summary>
    IoResult<FileStamp> Stat(string path);

    /// <summary>Creates or replaces a file with these bytes and this mode (<c>0644</c>, octal permission bits); not yet durable.</summary>
    IoError? Write(string path, ReadOnlySpan<byte> content, int mode);

    /// <summary>Makes a file's content, or a folder's entries, survive a power loss (fsync).</summary>
    IoError? Sync(string path);

    /// <summary>Renames within one folder, replacing the target (rename(2)).</summary>
    IoError? Rename(string from, string to);

    /// <summary>Removes a file; ENOENT when there is none.</summary>
    IoError? Delete(string path);

    /// <summary>Creates a folder and its parents, mode 0755; no error when it is there.</summary>
    IoError? CreateDirectory(string path);

    /// <summary>
    /// Takes a file's lock, and has it until the answer is disposed or the process ends (flock(2)). The file is made if it is not there; it stays,
    /// and its content means nothing.
    /// </summary>
    /// <param name="path">The file's.</param>
    /// <param name="wait">Whether to wait until nobody else has it; else that is EAGAIN.</param>
    IoResult<IDisposable> Lock(string path, bool wait = true);

    /// <summary>
    /// Calls <paramref name="onChange"/> after a file appears, changes, or goes in a folder that the watch covers. What and how often is not
    /// told: it must only note and return, on a thread of the disk's choice. EMFILE when the user has no watch left.
    /// </summary>
    IoResult<IFolderWatch> Watch(Action onChange);
}

/// <param name="Inode">The file's inode number: another after a rename over it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedTicks">Time of the last change, in a unit that only serves comparison.</param>
public readonly record struct FileStamp(long Inode, long Size, long ModifiedTicks);
