using System.Text;

namespace VfAgent.Simulation.Files;

internal abstract class Inode(long number)
{
    public long Number { get; } = number;

    /// <summary>Counts changes of the whole disk: two states of a file never share one.</summary>
    public long Modified { get; set; }

    /// <summary>Makes what is in the page cache survive a power loss.</summary>
    public abstract void Sync();

    /// <summary>Back to what was durable; with a source of chance, some of what was not may have made it.</summary>
    public abstract void LosePower(Random? chance);
}

internal sealed class FileInode(long number) : Inode(number)
{
    private byte[] _durable = [];
    private bool _dirty;
    private string? _text;

    public byte[] Content
    {
        get;
        private set => (field, _text) = (value, null);
    } = [];

    /// <summary>The content, as UTF-8.</summary>
    public string Text => _text ??= Encoding.UTF8.GetString(Content);

    public int Mode { get; set; }

    public void Write(byte[] content)
    {
        Content = content;
        _dirty = true;
    }

    public override void Sync() => (_durable, _dirty) = (Content, false);

    // Lost, written, or torn: blocks reach the disk in no order, here the first of them.
    public override void LosePower(Random? chance)
    {
        if (!_dirty)
            return;

        int fate = chance?.Next(3) ?? 0;
        Content = fate switch
        {
            0 => _durable,
            1 => Content,
            _ => Content[..chance!.Next(Content.Length + 1)],
        };
        Sync();
    }
}

internal sealed class FolderInode(long number) : Inode(number)
{
    private readonly SortedDictionary<string, Inode> _durable = new(StringComparer.Ordinal);
    private readonly List<Action<SortedDictionary<string, Inode>>> _journal = [];
    private SortedDictionary<string, Inode> _entries = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Inode> Entries => _entries;

    public Inode? Find(string name) => _entries.GetValueOrDefault(name);

    public void Add(string name, Inode inode) => Change(entries => entries[name] = inode);

    public void Remove(string name) => Change(entries => entries.Remove(name));

    public void Rename(string from, string to) => Change(entries =>
    {
        if (entries.Remove(from, out Inode? inode))
            entries[to] = inode;
    });

    public override void Sync() => Commit(_journal.Count);

    // A journalling file system keeps changes of a folder in order: some first ones made it.
    public override void LosePower(Random? chance)
    {
        Commit(chance?.Next(_journal.Count + 1) ?? 0);
        _journal.Clear();
        _entries = new SortedDictionary<string, Inode>(_durable, StringComparer.Ordinal);
        foreach (Inode inode in _entries.Values)
            inode.LosePower(chance);
    }

    private void Change(Action<SortedDictionary<string, Inode>> change)
    {
        change(_entries);
        _journal.Add(change);
    }

    private void Commit(int count)
    {
        foreach (Action<SortedDictionary<string, Inode>> change in _journal.Take(count))
            change(_durable);

        _journal.RemoveRange(0, count);
    }
}
