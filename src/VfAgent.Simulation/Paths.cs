namespace VfAgent.Simulation;

/// <summary>The names in absolute paths. Each path is split once: a host is asked for the same few thousand over and over.</summary>
internal sealed class Paths
{
    private readonly Dictionary<string, string[]> _names = new(StringComparer.Ordinal);

    public string[] NamesIn(string path)
    {
        if (!_names.TryGetValue(path, out string[]? names))
            _names.Add(path, names = path.Split('/', StringSplitOptions.RemoveEmptyEntries));

        return names;
    }
}
