using System.Globalization;
using VfAgent.Host;
using VfAgent.Mqtt;

namespace VfAgent.Options;

internal static class SettingRules
{
    private static readonly string[] _simulatedKinds = ["igb", "ixgbe", "i40e", "ice", "mlx5", "bnxt"];

    public static readonly SettingRule Flag = new(value => bool.TryParse(value, out _), "true or false");

    public static readonly SettingRule Id = new(
        IsId, "lower-case letters, digits, '.', '_' and '-', with a letter or digit first");

    public static readonly SettingRule Server = new(value => ServerAddress.TryParse(value, out _), ServerAddress.Allowed);

    public static readonly SettingRule TopicRoot = new(
        IsTopicRoot, "topic levels without blanks, '+' and '#', with '/' between them only and no '$' first");

    public static readonly SettingRule Simulate = new(
        value => value.Split(',').All(IsSimulatedNic), $"kind:count, with commas between several; the kinds are {string.Join(", ", _simulatedKinds)}");

    public static readonly SettingRule Backends = new(BackendReader.Settings.Contains, string.Join(", ", BackendReader.Settings));

    // "5" is five days to TimeSpan, which nobody means.
    public static readonly SettingRule Interval = new(
        value => TimeSpan.TryParseExact(value, "c", CultureInfo.InvariantCulture, out TimeSpan interval)
            && value.Contains(':', StringComparison.Ordinal)
            && interval >= TimeSpan.FromSeconds(1)
            && interval <= TimeSpan.FromDays(1),
        "hh:mm:ss, from 00:00:01 to 1.00:00:00");

    private static bool IsSimulatedNic(string text) =>
        text.Trim().Split(':') is [string kind, string count]
        && _simulatedKinds.Contains(kind)
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number is >= 1 and <= 64;

    private static bool IsId(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-');

    private static bool IsTopicRoot(string text) =>
        !text.StartsWith('$') && text.Split('/').All(level => level.Length > 0 && !level.Any(c => char.IsWhiteSpace(c) || c is '+' or '#' or '\0'));
}
