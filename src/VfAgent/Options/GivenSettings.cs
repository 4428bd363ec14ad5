using System.Globalization;

namespace VfAgent.Options;

/// <summary>What the sources give, merged: a later source's value replaces an earlier one's, a list as a whole.</summary>
internal sealed class GivenSettings(IReadOnlyList<Setting> table)
{
    /// <summary>The generic host's own section: log levels are nobody else's business, so it is passed on unchecked.</summary>
    private const string LoggingPrefix = "Logging:";

    private readonly Dictionary<string, Setting> _table = table.ToDictionary(setting => setting.Key, StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<Setting, (string Value, string Source)> _values = [];
    private readonly Dictionary<string, string?> _logging = new(StringComparer.OrdinalIgnoreCase);

    public List<SettingError> Errors { get; } = [];

    public bool IsFlag(string key) => _table.TryGetValue(key, out Setting? setting) && setting.Kind == SettingKind.Flag;

    /// <returns>null when the key is not given and has no default.</returns>
    public (string Value, string Source)? Find(string key)
    {
        Setting setting = _table[key];
        return _values.TryGetValue(setting, out (string Value, string Source) given) ? given
            : setting.Default is { } value ? (value, "default")
            : null;
    }

    /// <summary>Adds a source's values over those already there.</summary>
    public void Add(string source, IEnumerable<KeyValuePair<string, string?>> values)
    {
        Dictionary<Setting, SortedDictionary<int, string>> lists = [];
        foreach ((string key, string? value) in values)
        {
            if (_table.TryGetValue(key, out Setting? setting))
                AddValue(setting, value, source);
            else if (ListOf(key) is var (list, index))
                Items(lists, list)[index] = value ?? "";
            else if (key.StartsWith(LoggingPrefix, StringComparison.OrdinalIgnoreCase))
                _logging[key] = value;
            else
                Errors.Add(new SettingError(key, source, UnknownKey.Describe(key, table)));
        }

        foreach ((Setting list, SortedDictionary<int, string> items) in lists)
            _values[list] = (string.Join(',', items.Values), source);
    }

    /// <summary>Checks every value by its own rule.</summary>
    public void Check()
    {
        foreach (Setting setting in table)
        {
            if (Find(setting.Key) is var (value, source) && !setting.Allows(value))
                Errors.Add(new SettingError(setting.Key, source, $"{Shown(value)} is not allowed; allowed: {setting.Rule!.Allowed}"));
        }
    }

    /// <summary>Key and value of everything, lists item by item.</summary>
    public IEnumerable<KeyValuePair<string, string?>> ToConfiguration()
    {
        foreach (Setting setting in table)
        {
            if (Find(setting.Key) is not var (value, _))
                continue;

            if (setting.Kind != SettingKind.List)
                yield return new(setting.Key, value);
            else
                foreach ((int index, string item) in setting.Items(value).Index())
                    yield return new($"{setting.Key}:{index}", item);
        }

        foreach (KeyValuePair<string, string?> logging in _logging)
            yield return logging;
    }

    // An empty value is as good as none, so that a compose file can pass on a variable that may not be set; but a list can be emptied.
    private void AddValue(Setting setting, string? value, string source)
    {
        if (!string.IsNullOrEmpty(value) || setting.Kind == SettingKind.List)
            _values[setting] = (value ?? "", source);
    }

    private (Setting List, int Index)? ListOf(string key)
    {
        int colon = key.LastIndexOf(':');
        return colon > 0
            && _table.TryGetValue(key[..colon], out Setting? setting)
            && setting.Kind == SettingKind.List
            && int.TryParse(key.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                ? (setting, index)
                : null;
    }

    private static SortedDictionary<int, string> Items(Dictionary<Setting, SortedDictionary<int, string>> lists, Setting list)
    {
        if (!lists.TryGetValue(list, out SortedDictionary<int, string>? items))
            lists.Add(list, items = []);

        return items;
    }

    // A server address may have a password in it by mistake.
    private static string Shown(string value) =>
        value.Contains('@', StringComparison.Ordinal) ? "the value (not shown, it may hold a password)" : $"\"{value}\"";
}
