using System.Text.Json;
using Microsoft.Extensions.Configuration;
using VfAgent.Mqtt;

namespace VfAgent.Options;

/// <summary>Reads the settings from all sources and checks them; everything that is wrong is told at once.</summary>
internal static class SettingsLoader
{
    private const string EnvironmentPrefix = "VFAGENT_";

    /// <returns>The settings, or null and every error.</returns>
    public static (Settings? Settings, IReadOnlyList<SettingError> Errors) Load(SettingsSources sources)
    {
        GivenSettings given = new(SettingsTable.Create(sources.HostName, sources.Environment.GetValueOrDefault("STATE_DIRECTORY")));
        CommandLine commandLine = CommandLine.Parse(sources.Arguments, given.IsFlag, given.Errors);
        // A named file has to be there.
        if (commandLine.ConfigFile is not null || File.Exists(sources.DefaultFile))
            AddFile(given, commandLine.ConfigFile ?? sources.DefaultFile);

        given.Add("environment", sources.Environment.Where(IsOurs).Select(Setting));
        given.Add("command line", commandLine.Values);
        given.Check();
        CheckTogether(given);
        if (given.Errors.Count > 0)
            return (null, given.Errors);

        return (Settings.Bind(new ConfigurationBuilder().AddInMemoryCollection(given.ToConfiguration()).Build()), []);
    }

    private static bool IsOurs(KeyValuePair<string, string> variable) => variable.Key.StartsWith(EnvironmentPrefix, StringComparison.Ordinal);

    private static KeyValuePair<string, string?> Setting(KeyValuePair<string, string> variable) =>
        new(variable.Key[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal), variable.Value);

    private static void AddFile(GivenSettings given, string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            // Sections come without a value.
            given.Add(path, new ConfigurationBuilder().AddJsonStream(stream).Build().AsEnumerable().Where(pair => pair.Value is not null));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            given.Errors.Add(new SettingError(path, Source: null, exception.Message));
        }
    }

    // What only shows when two settings are seen together.
    private static void CheckTogether(GivenSettings given)
    {
        RequireBoth("Mqtt:PasswordFile", "Mqtt:UserName");
        RequireBoth("Mqtt:CertificateFile", "Mqtt:KeyFile");
        RequireBoth("Mqtt:KeyFile", "Mqtt:CertificateFile");
        if (given.Find("Mqtt:Server") is var (server, _) && ServerAddress.TryParse(server, out ServerAddress? address) && !address.IsTls)
        {
            foreach (string key in new[] { "Mqtt:CaFile", "Mqtt:CertificateFile", "Mqtt:KeyFile" })
            {
                if (given.Find(key) is var (_, source))
                    given.Errors.Add(new SettingError(key, source, $"needs TLS, but Mqtt:Server is {address}; use mqtts:// or wss://"));
            }
        }

        void RequireBoth(string key, string other)
        {
            if (given.Find(key) is var (_, source) && given.Find(other) is null)
                given.Errors.Add(new SettingError(key, source, $"needs {other} as well"));
        }
    }
}
