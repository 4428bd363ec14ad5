using Microsoft.Extensions.Configuration;
using VfAgent.Options;

namespace VfAgent.Tests.Options;

public sealed class SettingsLoaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vfagent-settings-").FullName;
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_any_source_the_defaults_hold()
    {
        Settings settings = Good();

        Assert.Equal("host1.example.net", settings.Agent.HostId);
        Assert.Empty(settings.Agent.Groups);
        Assert.Equal("/var/lib/vfagent", settings.Agent.StateDirectory);
        Assert.Equal("/etc/vfagent/config.json", settings.Agent.BootstrapFile);
        Assert.Null(settings.Agent.Simulate);
        Assert.False(settings.Agent.DryRun);
        Assert.Equal(TimeSpan.FromMinutes(5), settings.Agent.ResyncInterval);
        Assert.Equal("mqtt://localhost:1883", settings.Mqtt.Server);
        Assert.Null(settings.Mqtt.CaFile);
        Assert.Equal("vfagent/v1", settings.Mqtt.TopicRoot);
        Assert.True(settings.Mqtt.JsonStatus);
        Assert.Equal(("/sys", "/dev", "/proc"), (settings.Linux.SysRoot, settings.Linux.DevRoot, settings.Linux.ProcRoot));
        Assert.Equal("/etc/cni/net.d", settings.Cni.ConflistDirectory);
        Assert.Equal(["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"], settings.Cni.PluginDirectories);
        Assert.Equal("/etc/cdi", settings.Cdi.Directory);
        Assert.Equal("/etc/containers/networks", settings.Podman.NetworkDirectory);
        Assert.Equal("auto", settings.Runtime.Backends);
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_over_the_file_over_the_defaults()
    {
        string file = Write("""
            { "Agent": { "HostId": "file", "StateDirectory": "file", "BootstrapFile": "file" }, "Mqtt": { "JsonStatus": false } }
            """);
        _environment["VFAGENT_Agent__HostId"] = "environment";
        _environment["VFAGENT_Agent__StateDirectory"] = "environment";

        Settings settings = Good("--config", file, "--Agent:HostId=command-line");

        Assert.Equal("command-line", settings.Agent.HostId);
        Assert.Equal("environment", settings.Agent.StateDirectory);
        Assert.Equal("file", settings.Agent.BootstrapFile);
        Assert.False(settings.Mqtt.JsonStatus);
        Assert.Equal("vfagent/v1", settings.Mqtt.TopicRoot);
    }

    [Fact]
    public void The_default_file_is_read_when_it_is_there()
    {
        string file = Write("""{ "Agent": { "HostId": "h7" } }""");

        Assert.Equal("h7", SettingsLoader.Load(Sources([]) with { DefaultFile = file }).Settings?.Agent.HostId);
    }

    [Fact]
    public void The_command_line_takes_values_after_an_equals_sign_or_a_blank_and_flags_alone()
    {
        Settings settings = Good("--Agent:HostId", "h2", "--Agent:DryRun", "--Mqtt:TopicRoot=lab/vf", "--Mqtt:JsonStatus", "false");

        Assert.Equal("h2", settings.Agent.HostId);
        Assert.True(settings.Agent.DryRun);
        Assert.Equal("lab/vf", settings.Mqtt.TopicRoot);
        Assert.False(settings.Mqtt.JsonStatus);
    }

    [Fact]
    public void A_list_of_a_later_source_replaces_the_earlier_list_as_a_whole()
    {
        string file = Write("""{ "Agent": { "Groups": ["a", "b", "c"] }, "Cni": { "PluginDirectories": [] } }""");

        Assert.Equal(["a", "b", "c"], Good("--config", file).Agent.Groups);
        Assert.Empty(Good("--config", file).Cni.PluginDirectories);
        Assert.Equal(["x"], Good("--config", file, "--Agent:Groups:0=x").Agent.Groups);
        Assert.Equal(["x", "y"], Good("--config", file, "--Agent:Groups=x, y").Agent.Groups);
    }

    [Fact]
    public void Every_bad_setting_is_told_at_once_with_its_value_source_and_what_is_allowed()
    {
        string file = Write("""{ "Agent": { "HostId": "Not Lower" }, "Mqtt": { "JsonStatus": "maybe" } }""");
        _environment["VFAGENT_Agent__ResyncInterval"] = "5";

        IReadOnlyList<SettingError> errors = Bad(
            "--config", file, "--Mqtt:Server=http://broker", "--Agent:Groups=ok,+", "--Mqtt:TopicRoot=a//b", "--Agent:Simulate=igb:2,e1000:1");

        Assert.Equal(
            ["Agent:HostId", "Agent:Groups", "Agent:Simulate", "Agent:ResyncInterval", "Mqtt:Server", "Mqtt:TopicRoot", "Mqtt:JsonStatus"],
            errors.Select(error => error.Where));
        Assert.Equal(
            $"Mqtt:JsonStatus ({file}): \"maybe\" is not allowed; allowed: true or false", errors.Single(error => error.Where == "Mqtt:JsonStatus").ToString());
        Assert.Equal("environment", errors.Single(error => error.Where == "Agent:ResyncInterval").Source);
        Assert.Equal("command line", errors.Single(error => error.Where == "Mqtt:Server").Source);
    }

    [Theory]
    [InlineData("--Agent:HosId=h", "Agent:HosId", "did you mean Agent:HostId?")]
    [InlineData("--HostId=h", "HostId", "did you mean Agent:HostId?")]
    [InlineData("--Agent:Server=h", "Agent:Server", "did you mean Mqtt:Server?")]
    [InlineData("--Agent:Zzz=h", "Agent:Zzz", "there is no such key")]
    [InlineData("--Mqtt:Server:0=h", "Mqtt:Server:0", "did you mean Mqtt:Server?")]
    public void An_unknown_key_is_an_error_with_a_hint_when_one_is_close(string argument, string key, string hint)
    {
        SettingError error = Assert.Single(Bad(argument));

        Assert.Equal(key, error.Where);
        Assert.EndsWith(hint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_keys_of_file_and_environment_are_errors_too()
    {
        string file = Write("""{ "Agnt": { "HostId": "h" }, "Agent": "text" }""");
        _environment["VFAGENT_Mqtt__Srver"] = "mqtt://b";

        Assert.Equal(["Agent", "Agnt:HostId", "Mqtt:Srver"], Bad("--config", file).Select(error => error.Where).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_password_is_not_taken_and_not_shown()
    {
        _environment["VFAGENT_Mqtt__Password"] = "geheim";

        IReadOnlyList<SettingError> errors = Bad("--Mqtt:Server=mqtt://me:geheim@broker");

        Assert.Contains("Mqtt:PasswordFile", errors.Single(error => error.Where == "Mqtt:Password").Message, StringComparison.Ordinal);
        Assert.Equal(2, errors.Count);
        Assert.DoesNotContain("geheim", string.Join('\n', errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_file_that_is_missing_or_broken_is_an_error()
    {
        string missing = Path.Combine(_folder, "missing.json");
        string broken = Write("{ \"Agent\": ");

        Assert.Equal(missing, Assert.Single(Bad("--config", missing)).Where);
        Assert.Equal(broken, Assert.Single(Bad($"--config={broken}")).Where);
        Assert.Equal("--config", Assert.Single(Bad("--config")).Where);
    }

    [Fact]
    public void What_is_no_option_is_an_error() => Assert.Equal(["run", "--Agent:HostId"], Bad("run", "--Agent:HostId").Select(error => error.Where));

    [Fact]
    public void Settings_that_need_each_other_are_checked_together()
    {
        Assert.Equal(
            ["Mqtt:PasswordFile", "Mqtt:CertificateFile", "Mqtt:CaFile", "Mqtt:CertificateFile"],
            Bad("--Mqtt:PasswordFile=p", "--Mqtt:CertificateFile=c", "--Mqtt:CaFile=r").Select(error => error.Where));
        Assert.Equal("r", Good("--Mqtt:CaFile=r", "--Mqtt:Server=mqtts://broker").Mqtt.CaFile);
    }

    [Fact]
    public void An_empty_value_is_as_good_as_none()
    {
        _environment["VFAGENT_Mqtt__UserName"] = "";
        _environment["VFAGENT_Agent__HostId"] = "";

        Assert.Null(Good().Mqtt.UserName);
        Assert.Equal("host1.example.net", Good().Agent.HostId);
    }

    [Fact]
    public void A_host_name_that_cannot_be_an_id_has_to_be_replaced_by_a_setting()
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(Sources([]) with { HostName = "_host" });

        Assert.Null(settings);
        Assert.Equal(("Agent:HostId", "default"), (Assert.Single(errors).Where, errors[0].Source));
    }

    [Fact]
    public void The_state_directory_is_the_first_that_systemd_names()
    {
        _environment["STATE_DIRECTORY"] = "/var/lib/vfagent-a:/var/lib/other";

        Assert.Equal("/var/lib/vfagent-a", Good().Agent.StateDirectory);
        Assert.Equal("/elsewhere", Good("--Agent:StateDirectory=/elsewhere").Agent.StateDirectory);
    }

    [Fact]
    public void Log_levels_are_passed_on()
    {
        _environment["VFAGENT_Logging__LogLevel__Default"] = "Debug";

        Assert.Equal("Debug", Good().Configuration["Logging:LogLevel:Default"]);
    }

    private Settings Good(params string[] arguments)
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(Sources(arguments));
        Assert.Empty(errors);
        return settings!;
    }

    private IReadOnlyList<SettingError> Bad(params string[] arguments)
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(Sources(arguments));
        Assert.Null(settings);
        return errors;
    }

    private SettingsSources Sources(IReadOnlyList<string> arguments) =>
        new(arguments, _environment, "Host1.Example.NET", Path.Combine(_folder, "no-such-default.json"));

    private string Write(string json)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, json);
        return path;
    }
}
