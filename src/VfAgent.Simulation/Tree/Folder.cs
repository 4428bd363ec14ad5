using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tree;

/// <summary>A folder described once: entries that come and go are functions, and families (devices, VFs) are found by name, not listed.</summary>
internal sealed class Folder : Node
{
    private readonly Dictionary<string, Func<Node?>> _entries = new(StringComparer.Ordinal);
    private readonly List<(Func<IEnumerable<string>> Names, Func<string, Node?> Find)> _families = [];

    /// <summary>null where nobody asks for it.</summary>
    public long? Inode { get; init; }

    public Node? Find(string name)
    {
        if (_entries.TryGetValue(name, out Func<Node?>? entry))
            return entry();

        foreach ((_, Func<string, Node?> find) in _families)
        {
            if (find(name) is { } node)
                return node;
        }

        return null;
    }

    public IReadOnlyList<string> List() =>
        [.. _entries.Where(entry => entry.Value() is not null).Select(entry => entry.Key)
            .Concat(_families.SelectMany(family => family.Names()))
            .Order(StringComparer.Ordinal)];

    public Folder Put(string name, Node node) => When(name, () => node);

    /// <summary>An entry that is there while the function gives one.</summary>
    public Folder When(string name, Func<Node?> node)
    {
        _entries.Add(name, node);
        return this;
    }

    public Folder File(string name, Func<Text> read, Func<string, Fault, Errno?>? write = null) => Put(name, new TextFile(read, write));

    /// <summary>A write-only file.</summary>
    public Folder Command(string name, Func<string, Errno?> write) => Put(name, new TextFile(null, (value, _) => write(value)));

    /// <summary>A symbolic link that is there while it has a target.</summary>
    public Folder Link(string name, Func<string?> target) => When(name, () => target() is { } path ? new SymbolicLink(path) : null);

    public Folder Each(Func<IEnumerable<string>> names, Func<string, Node?> find)
    {
        _families.Add((names, find));
        return this;
    }
}
