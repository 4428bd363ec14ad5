namespace VfAgent.Options;

/// <summary>The arguments that are settings.</summary>
/// <param name="ConfigFile">Of <c>--config</c>; null when not given.</param>
/// <param name="Values">Key and value in their order.</param>
internal sealed record CommandLine(string? ConfigFile, IReadOnlyList<KeyValuePair<string, string?>> Values)
{
    private const string Config = "config";

    /// <param name="arguments">Such as <c>--Agent:HostId=h1 --Agent:DryRun --config /tmp/x.json</c>.</param>
    /// <param name="isFlag">Whether a key may stand alone, which means true.</param>
    /// <param name="errors">Gets what cannot be read.</param>
    public static CommandLine Parse(IReadOnlyList<string> arguments, Func<string, bool> isFlag, List<SettingError> errors)
    {
        string? configFile = null;
        List<KeyValuePair<string, string?>> values = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || arguments[i].Length == 2)
            {
                errors.Add(new SettingError(arguments[i], Source: null, "not an option; options are --Section:Key=value and --config FILE"));
                continue;
            }

            string[] parts = arguments[i][2..].Split('=', 2);
            string? value = parts.Length == 2 ? parts[1] : null;
            bool isValueNext = i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (value is null && isValueNext)
                value = arguments[++i];
            else if (value is null && isFlag(parts[0]))
                value = bool.TrueString;

            if (string.IsNullOrEmpty(value) && (parts.Length < 2 || parts[0] == Config))
                errors.Add(new SettingError($"--{parts[0]}", Source: null, "needs a value"));
            else if (parts[0] == Config)
                configFile = value;
            else
                values.Add(new(parts[0], value));
        }

        return new CommandLine(configFile, values);
    }
}
