namespace VfAgent.Core.Kernel;

/// <summary>
/// Atomic, durable files: a reader sees the old content or the new one, and after the call returns a power loss brings neither back.
/// </summary>
public sealed class DurableFiles(IDisk disk)
{
    // A leading dot and an ending that no reader of these folders takes for its own (libcni: .conflist, .conf, .json).
    private const string TemporaryPrefix = ".vfagent-";
    private const string TemporarySuffix = ".tmp";

    public IDisk Disk { get; } = disk;

    /// <summary>
    /// Writes beside the target, syncs, renames over it, syncs the folder. A failure leaves the target as it was and no other file; only
    /// when it is the folder's sync that fails, the new content is there and a power loss may still take it back.
    /// </summary>
    public IoError? Write(string path, ReadOnlySpan<byte> content, int mode)
    {
        string directory = Path.GetDirectoryName(path)!;
        string temporary = Path.Combine(directory, TemporaryPrefix + Path.GetFileName(path) + TemporarySuffix);
        IoError? error = Disk.Write(temporary, content, mode) ?? Disk.Sync(temporary) ?? Disk.Rename(temporary, path);
        if (error is not null)
        {
            Disk.Delete(temporary);
            return error;
        }

        return Disk.Sync(directory);
    }

    /// <summary>Removes a file for good; it is no error when there is none.</summary>
    public IoError? Delete(string path)
    {
        // One that is not there may have been removed by an earlier call whose sync failed.
        IoError? error = Disk.Delete(path) is { Errno: not Errno.ENOENT } refused ? refused : Disk.Sync(Path.GetDirectoryName(path)!);
        return error is { Errno: Errno.ENOENT } ? null : error;
    }

    /// <summary>
    /// Makes a folder ready for a run: makes it, removes what a crash left in it, and makes sure of a rename whose sync a crash cut short, since what
    /// is read there from now on counts as on disk.
    /// </summary>
    public IoError? Prepare(string directory) => Disk.CreateDirectory(directory) ?? RemoveLeftovers(directory) ?? Disk.Sync(directory);

    /// <summary>Removes what a crash in the middle of <see cref="Write"/> left in a folder.</summary>
    public IoError? RemoveLeftovers(string directory)
    {
        IoResult<IReadOnlyList<string>> names = Disk.List(directory);
        if (!names.Ok)
            return names.Error.Errno == Errno.ENOENT ? null : names.Error;

        foreach (string name in names.Value)
        {
            if (IsTemporary(name) && Disk.Delete(Path.Combine(directory, name)) is { Errno: not Errno.ENOENT } error)
                return error;
        }

        return null;
    }

    /// <summary>Whether a file of this name is one that <see cref="Write"/> has not put in its place yet, or never will.</summary>
    public static bool IsTemporary(string name) =>
        name.StartsWith(TemporaryPrefix, StringComparison.Ordinal) && name.EndsWith(TemporarySuffix, StringComparison.Ordinal);
}
