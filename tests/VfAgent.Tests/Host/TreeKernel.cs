using System.Globalization;
using VfAgent.Core.Kernel;

namespace VfAgent.Tests.Host;

/// <summary>A kernel that shows one of the files in Trees and takes no orders. Trees/README.md says how such a file is written.</summary>
internal sealed class TreeKernel : IKernel
{
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public TreeKernel(IEnumerable<string> lines)
    {
        string folder = "";
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '/')
                folder = line;
            else if (line.Trim().Split(' ', 3, StringSplitOptions.RemoveEmptyEntries) is [var name, var sign, var content])
                Add($"{folder}/{name}", new Entry(sign, content));
            else
                throw new FormatException($"'{line}' is no entry of a tree");
        }
    }

    public IoResult<string> Read(string path) => Find(path) switch
    {
        { Sign: "=", Content: var text } => text,
        { Sign: "!", Content: var error } => new IoError(Enum.Parse<Errno>(error), $"read {path}"),
        { } => new IoError(Errno.EISDIR, $"read {path}"),
        null => new IoError(Errno.ENOENT, $"read {path}"),
    };

    public IoResult<IReadOnlyList<string>> List(string path)
    {
        string folder = Follow(path);
        if (Find(folder) is not { Sign: "/" or ":" })
            return new IoError(Find(folder) is null ? Errno.ENOENT : Errno.ENOTDIR, $"list {path}");

        return _entries.Keys.Where(entry => Path.GetDirectoryName(entry) == folder).Select(entry => Path.GetFileName(entry)).ToArray();
    }

    public IoResult<string> ReadLink(string path) =>
        _entries.GetValueOrDefault(Path.Combine(Follow(Path.GetDirectoryName(path)!), Path.GetFileName(path))) switch
        {
            { Sign: "->", Content: var target } => Path.GetFileName(target),
            { } => new IoError(Errno.EINVAL, $"read link {path}"),
            null => new IoError(Errno.ENOENT, $"read link {path}"),
        };

    public IoResult<bool> IsThere(string path) => Find(path) is not null;

    public IoResult<IReadOnlyList<OpenFile>> OpenFiles(string folder) => Array.Empty<OpenFile>();

    public IoResult<Link> GetLink(int ifindex)
    {
        foreach ((string netdev, Entry entry) in _entries)
        {
            if (entry.Sign == ":" && Text("ifindex") == ifindex.ToString(CultureInfo.InvariantCulture))
            {
                string[] words = entry.Content.Split(' ');
                return new Link(
                    ifindex, Path.GetFileName(netdev), [.. After("altname")], Text("address"), int.Parse(Text("mtu")),
                    After("minmtu").Select(int.Parse).Single(), After("maxmtu").Select(int.Parse).Single(),
                    Up: (Convert.ToInt32(Text("flags"), 16) & 1) != 0, Text("operstate"));

                IEnumerable<string> After(string key) => words.Zip(words.Skip(1)).Where(pair => pair.First == key).Select(pair => pair.Second);
            }

            string Text(string attribute) => _entries[$"{netdev}/{attribute}"].Content;
        }

        return new IoError(Errno.ENODEV, $"get link {ifindex}");
    }

    public IoError? Write(string path, string value) => Refusal($"write {path}");

    public IoError? SetLinkMtu(int ifindex, int mtu) => Refusal($"set the MTU of link {ifindex}");

    public IoError? SetLinkUp(int ifindex, bool up) => Refusal($"set link {ifindex} up or down");

    public IoResult<IReadOnlyList<VfAttributes>> GetVfs(int pfIfindex) => new IoError(Errno.EOPNOTSUPP, $"get VFs of link {pfIfindex}");

    public IoError? SetVf(int pfIfindex, int vf, VfSetting setting) => Refusal($"set VF {vf} of link {pfIfindex}");

    // What devlink says is not in a tree.
    public IoResult<EswitchMode> GetEswitch(string device) => new IoError(Errno.ENODEV, $"get the eswitch mode of {device}");

    public IoError? SetEswitch(string device, EswitchMode mode) => Refusal($"set the eswitch mode of {device}");

    public IoResult<long> GetInode(string path) => new IoError(Errno.ENOENT, $"stat {path}");

    public IoResult<INetworkNamespace> OpenNamespace(string? path) => new IoError(Errno.ENOENT, $"open network namespace {path}");

    public IoError? LoadModule(string name) => Refusal($"load {name}");

    public Task<T> RunAsync<T>(Func<T> work) => Task.FromResult(work());

    public IDisposable Watch(Action<KernelEvent> onEvent) => throw new NotSupportedException("nothing ever happens in a tree");

    private static IoError Refusal(string operation) => new(Errno.EROFS, operation);

    // What is in a folder makes the folder, unless it has a line of its own.
    private void Add(string path, Entry entry)
    {
        _entries[path] = entry;
        for (string folder = Path.GetDirectoryName(path)!; folder.Length > 1; folder = Path.GetDirectoryName(folder)!)
            _entries.TryAdd(folder, new Entry("/", ""));
    }

    private Entry? Find(string path) => _entries.GetValueOrDefault(Follow(path));

    // Where a path leads when each link on it is followed, as the kernel does.
    private string Follow(string path)
    {
        string real = "";
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = _entries.GetValueOrDefault($"{real}/{name}") is { Sign: "->", Content: var target }
                ? Follow(Path.GetFullPath(Path.Combine(real, target)))
                : $"{real}/{name}";
        }

        return real;
    }

    /// <param name="Sign"><c>=</c>, <c>-&gt;</c>, <c>!</c> or <c>:</c> as in the file; <c>/</c> for a folder.</param>
    /// <param name="Content">A text, a link's target, an errno's name, or what rtnetlink says.</param>
    private sealed record Entry(string Sign, string Content);
}
