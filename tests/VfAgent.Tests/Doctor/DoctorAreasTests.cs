using MQTTnet;
using VfAgent.Core.Kernel;
using VfAgent.Doctor;
using VfAgent.Options;
using VfAgent.Simulation;
using VfAgent.Tests.Mqtt;

namespace VfAgent.Tests.Doctor;

public sealed class DoctorAreasTests : IAsyncDisposable
{
    private readonly Patient _patient = new();
    private readonly TestBroker _broker = new(new Journal());
    private readonly List<string> _asked = [];

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _patient.Dispose();
    }

    [Fact]
    public async Task A_simulated_host_with_plugins_and_a_broker_is_well()
    {
        await _broker.StartAsync();
        _patient.Disk.Put("/opt/cni/bin/sriov", "");
        _patient.Disk.Put("/opt/cni/bin/host-device", "");

        IReadOnlyList<AreaFindings> found = await LookAsync();

        Assert.Equal(["Rights", "NICs", "Drivers", "IOMMU", "CNI", "Podman", "Folders", "Broker"], found.Select(area => area.Area.Title));
        Assert.Equal("All is well: the agent would run and containers would get VFs.", DoctorReport.Summary(found));
        Assert.Equal(["info --format {{.Version.Version}} {{.Host.NetworkBackend}}"], _asked);
    }

    [Fact]
    public async Task Looking_changes_nothing_on_the_host()
    {
        await _broker.StartAsync();
        _patient.Disk.Put("/etc/cni/net.d/87-podman.conflist", "{}");
        IReadOnlyList<string> before = _patient.Disk.Files();

        await LookAsync();

        Assert.Equal(before, _patient.Disk.Files());
        // Of all calls that can change something only the probes of the folders were made.
        Assert.All(_patient.World.Log, logged => Assert.True(logged.Call.Kind is CallKind.WriteFile or CallKind.DeleteFile, logged.ToString()));
        Assert.All(_patient.World.Log, logged => Assert.EndsWith("/.vfagent-doctor.tmp", logged.Call.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whatever_call_fails_there_is_a_report()
    {
        await _broker.StartAsync();
        _patient.World.Faults = _ => Fault.Fail(Errno.EIO);

        IReadOnlyList<AreaFindings> found = await LookAsync();

        Assert.DoesNotContain(found.SelectMany(area => area.Findings), finding => finding.Found.Contains("the check itself failed", StringComparison.Ordinal));
        Assert.Contains("there would be no VFs", DoctorReport.Summary(found), StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<AreaFindings>> LookAsync()
    {
        (Settings? settings, IReadOnlyList<SettingError> errors) = SettingsLoader.Load(new SettingsSources(
            ["--Agent:HostId=h1", "--Agent:Simulate=igb:2", $"--Mqtt:Server=mqtt://127.0.0.1:{_broker.Port}"],
            new Dictionary<string, string>(StringComparer.Ordinal), "h1", "/nonexistent"));
        Assert.Empty(errors);
        CancellationToken stop = TestContext.Current.CancellationToken;
        IReadOnlyList<Area> areas = DoctorAreas.Of(
            settings!, _patient.Kernel, _patient.Disk, Podman, () => new MqttClientFactory().CreateMqttClient(), TimeProvider.System, stop);
        return new Examination(areas, TimeProvider.System).RunAsync(stop);
    }

    private Task<CommandAnswer?> Podman(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        _asked.Add(string.Join(' ', arguments));
        return Task.FromResult<CommandAnswer?>(new CommandAnswer(0, "4.3.1 cni", ""));
    }
}
