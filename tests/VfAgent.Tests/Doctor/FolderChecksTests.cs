using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Doctor;
using VfAgent.Options;
using VfAgent.Simulation;

namespace VfAgent.Tests.Doctor;

public sealed class FolderChecksTests : IDisposable
{
    private readonly Patient _patient = new();

    public void Dispose() => _patient.Dispose();

    [Fact]
    public void Folders_that_can_be_written_are_well_and_look_afterwards_as_before()
    {
        _patient.Disk.Put("/var/lib/vfagent/ledger/x", "");
        _patient.Disk.Put("/etc/cni/net.d/87-podman.conflist", "{}");

        Look().Of("state").Is(Verdict.Ok, "/var/lib/vfagent, writable");
        Look().Of("conflists").Is(Verdict.Ok, "/etc/cni/net.d, writable");
        Look().Of("CDI specs").Is(Verdict.Ok, "/etc/cdi, not there yet");
        Assert.Equal(["/etc/cni/net.d/87-podman.conflist", "/var/lib/vfagent/ledger/x"], _patient.Disk.Files());
        Assert.Equal(Errno.ENOENT, _patient.Disk.List("/etc/cdi").Error?.Errno);
    }

    [Theory]
    [InlineData(Errno.EROFS, "read-only: choose another folder with --Agent:StateDirectory=; under systemd add ReadWritePaths=/var/lib/vfagent")]
    [InlineData(Errno.EACCES, "run as root, or choose another folder with --Agent:StateDirectory=")]
    [InlineData(Errno.ENOSPC, "df -h")]
    [InlineData(Errno.EIO, "dmesg")]
    public void A_folder_that_cannot_be_written_fails_and_keeps_no_torn_file(Errno errno, string remedy)
    {
        _patient.Disk.Put("/var/lib/vfagent/ledger/x", "");
        _patient.World.Faults = call => call.Kind == CallKind.WriteFile && call.Path.StartsWith("/var/lib/vfagent", StringComparison.Ordinal)
            ? Fault.Fail(errno)
            : Fault.None;

        Look().Of("state").Is(Verdict.Failure, errno.ToString(), remedy);
        Assert.Equal(["/var/lib/vfagent/ledger/x"], _patient.Disk.Files());
    }

    [Fact]
    public void A_folder_that_cannot_be_made_fails()
    {
        _patient.World.Faults = call => call is { Kind: CallKind.WriteFile } && call.Path.StartsWith("/.", StringComparison.Ordinal)
            ? Fault.Fail(Errno.EROFS)
            : Fault.None;

        Look().Of("CDI specs").Is(Verdict.Failure, "EROFS", "--Cdi:Directory=");
    }

    [Fact]
    public void A_file_where_the_folder_should_be_fails()
    {
        _patient.Disk.Put("/etc/cni/net.d", "");

        Look().Of("conflists").Is(Verdict.Failure, "ENOTDIR", "a file is in the way");
    }

    [Fact]
    public void A_cdi_folder_that_no_runtime_reads_is_a_warning()
    {
        IReadOnlyList<Finding> findings = [.. new FolderChecks(_patient.Disk, Settings("--Cdi:Directory=/srv/cdi"), NetworkBackends.Cni).Run()];

        findings[^1].Is(Verdict.Warning, "not in /srv/cdi", "--Cdi:Directory=/etc/cdi");
    }

    [Fact]
    public void The_folder_of_podmans_networks_matters_where_there_is_netavark()
    {
        Assert.DoesNotContain(Look(), finding => finding.Title == "podman networks");
        Look(NetworkBackends.Netavark).Of("podman networks").Is(Verdict.Ok, "/etc/containers/networks, not there yet");
    }

    private IReadOnlyList<Finding> Look(NetworkBackends backends = NetworkBackends.Cni) =>
        [.. new FolderChecks(_patient.Disk, Settings(), backends).Run()];

    private static Settings Settings(params string[] arguments) =>
        SettingsLoader.Load(new SettingsSources(arguments, new Dictionary<string, string>(StringComparer.Ordinal), "h1", "/nonexistent")).Settings!;
}
