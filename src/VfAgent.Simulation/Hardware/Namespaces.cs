using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Hardware;

/// <summary>The containers' network namespaces, by name.</summary>
internal sealed class Namespaces
{
    /// <summary>The host's own has the first number that the kernel gives (PROC_NET_INIT_INO).</summary>
    public const long HostInode = 4026531840;

    /// <summary>Where their names are.</summary>
    public const string Folder = "/run/netns";

    private readonly Dictionary<string, Container> _byName = new(StringComparer.Ordinal);
    private long _lastInode = HostInode;

    public IEnumerable<string> Names => _byName.Keys;

    /// <summary>Told of the path of one that comes or goes.</summary>
    public Action<string> Changed { get; set; } = _ => { };

    public Container? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>There from now on, with or without a link.</summary>
    public void Add(string name) => Get(name).IsNamed = true;

    /// <summary>There at least as long as it has a link.</summary>
    public Container Get(string name)
    {
        if (!_byName.TryGetValue(name, out Container? container))
        {
            _byName.Add(name, container = new Container(++_lastInode));
            Changed($"{Folder}/{name}");
        }

        return container;
    }

    public void Remove(string name)
    {
        if (_byName.Remove(name))
            Changed($"{Folder}/{name}");
    }

    /// <summary>A link has left it.</summary>
    public void Left(string name, bool isEmpty)
    {
        if (isEmpty && Find(name) is { IsNamed: false })
            Remove(name);
    }

    /// <param name="inode">Another for a later one of the same name.</param>
    public sealed class Container(long inode)
    {
        public long Inode => inode;

        public bool IsNamed { get; set; }

        public List<Route> Routes { get; } = [];
    }

    /// <param name="Wanted">As it was asked for.</param>
    /// <param name="Via">The index of the link it leads over; null when packets are dropped.</param>
    public sealed record Route(NetworkRoute Wanted, int? Via);
}
