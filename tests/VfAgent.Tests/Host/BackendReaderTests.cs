using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Simulation;
using VfAgent.Tests.Doctor;

namespace VfAgent.Tests.Host;

public sealed class BackendReaderTests : IDisposable
{
    private const string Conf = "/etc/containers/containers.conf";
    private const string Chosen = "/var/lib/containers/storage/defaultNetworkBackend";
    private const string Netavark = "/usr/lib/podman/netavark";
    private const NetworkBackends Both = NetworkBackends.Cni | NetworkBackends.Netavark;

    private readonly Patient _patient = new();

    public void Dispose() => _patient.Dispose();

    [Theory]
    [InlineData("cni", NetworkBackends.Cni)]
    [InlineData("netavark", NetworkBackends.Netavark)]
    [InlineData("both", Both)]
    public void What_is_set_is_not_asked(string setting, NetworkBackends backends)
    {
        _patient.World.Faults = _ => Fault.Fail(Errno.EIO);

        Is(backends, $"Runtime:Backends is {setting}", setting);
    }

    [Fact]
    public void A_host_without_netavark_has_cni() => Is(NetworkBackends.Cni, "netavark is not installed");

    [Fact]
    public void Where_netavark_is_installed_podman_chooses_it()
    {
        _patient.Disk.Put(Netavark, "");

        Is(NetworkBackends.Netavark, "/usr/lib/podman/netavark is installed");
    }

    [Fact]
    public void What_podman_chose_at_its_first_run_stands()
    {
        _patient.Disk.Put(Netavark, "");
        _patient.Disk.Put(Chosen, "cni");

        Is(NetworkBackends.Cni, $"podman has chosen so ({Chosen})");
    }

    [Fact]
    public void What_podman_is_configured_to_use_stands_above_that()
    {
        _patient.Disk.Put(Chosen, "cni");
        _patient.Disk.Put(Conf, "[network]\nnetwork_backend = \"netavark\"\n");

        Is(NetworkBackends.Netavark, $"network_backend in {Conf}");
    }

    [Fact]
    public void Podmans_own_folders_are_where_its_configuration_says()
    {
        _patient.Disk.Put(Conf, "[engine]\nhelper_binaries_dir = [\"/opt/podman\"]\n");
        _patient.Disk.Put("/opt/podman/netavark", "");
        Is(NetworkBackends.Netavark, "/opt/podman/netavark is installed");

        _patient.Disk.Put("/etc/containers/storage.conf", "[storage]\ngraphroot = \"/srv/storage/\"\n");
        _patient.Disk.Put("/srv/storage/defaultNetworkBackend", "cni\n");
        Is(NetworkBackends.Cni, "podman has chosen so (/srv/storage/defaultNetworkBackend)");
    }

    [Fact]
    public void Beside_another_runtime_netavark_is_not_alone()
    {
        _patient.Disk.Put(Netavark, "");
        _patient.Disk.Put("/usr/local/bin/nerdctl", "");

        Is(Both, "/usr/lib/podman/netavark is installed; nerdctl has CNI");
    }

    [Fact]
    public void A_folder_that_cannot_be_read_is_not_taken_for_one_without_netavark()
    {
        var look = new Look();
        _patient.World.Faults = call => call.Path == Netavark ? Fault.Fail(Errno.EIO) : Fault.None;

        _ = new BackendReader(_patient.Disk, BackendReader.Auto).Read(look);

        Assert.Equal(Errno.EIO, look.Unknown?.Errno);
    }

    private void Is(NetworkBackends backends, string why, string setting = BackendReader.Auto)
    {
        var look = new Look();
        Assert.Equal(new BackendChoice(backends, why), new BackendReader(_patient.Disk, setting).Read(look));
        Assert.Null(look.Unknown);
    }
}
