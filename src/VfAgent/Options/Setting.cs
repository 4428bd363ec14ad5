namespace VfAgent.Options;

/// <summary>One key of the settings.</summary>
/// <param name="Key">As in the file, <c>Section:Key</c>; upper and lower case are the same.</param>
/// <param name="Kind">How its text is read.</param>
/// <param name="Default">null for none. A list is written with commas between its items.</param>
/// <param name="Meaning">For <c>--help</c>.</param>
/// <param name="Rule">What is allowed; null for any text. The rule of a list is that of each item.</param>
internal sealed record Setting(string Key, SettingKind Kind, string? Default, string Meaning, SettingRule? Rule = null)
{
    public bool Allows(string value) => Rule is null || Items(value).All(Rule.Allows);

    /// <summary>The items of a list; the value itself of anything else.</summary>
    public IReadOnlyList<string> Items(string value) =>
        Kind == SettingKind.List ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [value];
}

internal enum SettingKind
{
    Text,
    Flag,
    List,
}

/// <param name="Allows">Whether a value is one.</param>
/// <param name="Allowed">The same in words.</param>
internal sealed record SettingRule(Func<string, bool> Allows, string Allowed);
