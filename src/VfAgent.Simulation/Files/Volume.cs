using VfAgent.Core.Kernel;
using VfAgent.Simulation.Calls;

namespace VfAgent.Simulation.Files;

/// <summary>The file system's content, and the lookups in it.</summary>
internal sealed class Volume
{
    private readonly Paths _paths = new();
    private long _lastNumber = 1;
    private long _changes;

    public FolderInode Root { get; } = new(1);

    public FolderWatches Watches { get; } = new();

    /// <summary>Who has which file's lock.</summary>
    public Dictionary<string, AgentProcess> Locks { get; } = new(StringComparer.Ordinal);

    public FileInode NewFile() => new(++_lastNumber);

    public void Touch(Inode inode) => inode.Modified = ++_changes;

    public Errno? Find(string path, out Inode inode)
    {
        inode = Root;
        foreach (string name in _paths.NamesIn(path))
        {
            if (inode is not FolderInode folder)
                return Errno.ENOTDIR;

            if (folder.Find(name) is not { } next)
                return Errno.ENOENT;

            inode = next;
        }

        return null;
    }

    public Errno? FindFolder(string path, out FolderInode folder)
    {
        Errno? errno = Find(path, out Inode inode) ?? (inode is FolderInode ? null : Errno.ENOTDIR);
        folder = inode as FolderInode ?? Root;
        return errno;
    }

    /// <summary>The folder that a path's last name is in, and that name.</summary>
    public Errno? FindParent(string path, out FolderInode folder, out string name)
    {
        const int MaxNameBytes = 255;
        name = Path.GetFileName(path);
        if (System.Text.Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            folder = Root;
            return Errno.ENAMETOOLONG;
        }

        return FindFolder(Path.GetDirectoryName(path)!, out folder);
    }

    /// <summary>Folders are durable when they are made, as the agent's are: it syncs each into its parent.</summary>
    public Errno? MakeFolders(string path)
    {
        FolderInode folder = Root;
        string at = "/";
        foreach (string name in _paths.NamesIn(path))
        {
            at = Path.Combine(at, name);
            Inode? next = folder.Find(name);
            if (next is null)
            {
                next = new FolderInode(++_lastNumber);
                folder.Add(name, next);
                folder.Sync();
                Touch(folder);
                Watches.Changed(at);
            }

            if (next is not FolderInode)
                return Errno.ENOTDIR;

            folder = (FolderInode)next;
        }

        return null;
    }

    /// <summary>The power goes: what was not synced is lost, or left to chance.</summary>
    public void LosePower(Random? chance) => Root.LosePower(chance);

    /// <summary>The host goes down: what is in memory only is gone, and nobody has a lock any more.</summary>
    public void Unmount()
    {
        Root.Remove("run");
        Root.Sync();
        Locks.Clear();
    }

    /// <summary>sync(2)</summary>
    public void SyncAll() => SyncAll(Root);

    private static void SyncAll(FolderInode folder)
    {
        folder.Sync();
        foreach (Inode inode in folder.Entries.Values)
        {
            if (inode is FolderInode inner)
                SyncAll(inner);
            else
                inode.Sync();
        }
    }
}
