namespace VfAgent.Options;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="Where">The key, argument or file.</param>
/// <param name="Source">Where it was given, such as <c>environment</c>; null when <paramref name="Where"/> says it.</param>
/// <param name="Message">What is wrong, with the value when it is a known key's (an unknown one might be a secret), and what is allowed.</param>
internal sealed record SettingError(string Where, string? Source, string Message)
{
    public override string ToString() => Source is null ? $"{Where}: {Message}" : $"{Where} ({Source}): {Message}";
}
