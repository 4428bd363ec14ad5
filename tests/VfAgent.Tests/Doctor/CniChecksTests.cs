using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Doctor;
using VfAgent.Host;
using VfAgent.Options;
using VfAgent.Simulation;

namespace VfAgent.Tests.Doctor;

public sealed class CniChecksTests : IDisposable
{
    private const string Conflists = "/etc/cni/net.d";

    private readonly Patient _patient = new();
    private readonly CniOptions _options = new() { ConflistDirectory = Conflists, PluginDirectories = ["/opt/cni/bin", "/usr/lib/cni"] };

    public void Dispose() => _patient.Dispose();

    [Fact]
    public void Both_plugins_are_found_where_podman_looks()
    {
        Install("/opt/cni/bin/sriov", "/usr/lib/cni/host-device");

        Look().Of("sriov").Is(Verdict.Ok, "/opt/cni/bin/sriov");
        Look().Of("host-device").Is(Verdict.Ok, "/usr/lib/cni/host-device");
        Look().Of("networks").Is(Verdict.NotApplicable, "/etc/cni/net.d is not there");
    }

    [Fact]
    public void Where_nothing_reads_conflists_no_plugin_is_needed() =>
        Look(backends: NetworkBackends.Netavark).Of("plugins").Is(Verdict.NotApplicable, "not needed");

    [Fact]
    public void Without_either_plugin_no_container_gets_a_vf()
    {
        Look().Of("plugins").Is(Verdict.Failure, "neither sriov nor host-device", "copy its sriov into one of these folders");
    }

    [Fact]
    public void One_of_the_plugins_will_do_for_some()
    {
        Install("/usr/lib/cni/host-device");
        Look().Of("sriov").Is(Verdict.Warning, "of type host-device they do", "k8snetworkplumbingwg/sriov-cni");

        _patient.Disk.Remove("/usr/lib/cni/host-device");
        Install("/usr/lib/cni/sriov");
        Look().Of("host-device").Is(Verdict.Warning, "get no VF", "containernetworking-plugins");
    }

    [Fact]
    public void A_plugin_where_podman_does_not_look_is_no_plugin_but_is_pointed_at()
    {
        _patient.Disk.Put("/etc/containers/containers.conf", "[network]\ncni_plugin_dirs = [\"/usr/libexec/cni\"]\n");
        Install("/opt/cni/bin/sriov");

        Look().Of("plugins").Is(Verdict.Failure, "is in /usr/libexec/cni", "/opt/cni/bin/sriov is there: add its folder to cni_plugin_dirs");
    }

    [Fact]
    public void A_plugin_folder_of_podmans_that_the_agent_does_not_know_is_a_warning()
    {
        Install("/usr/libexec/cni/sriov", "/usr/libexec/cni/host-device");

        Look().Of("Cni:PluginDirectories").Is(Verdict.Warning, "lacks /usr/libexec/cni", "--Cni:PluginDirectories=/opt/cni/bin,/usr/lib/cni,/usr/libexec/cni");
    }

    [Fact]
    public void Where_podman_does_not_use_cni_the_agents_folders_count()
    {
        Install("/usr/libexec/cni/sriov");

        Look(backend: "netavark").Of("plugins").Is(Verdict.Failure, "is in /opt/cni/bin, /usr/lib/cni");
    }

    [Fact]
    public void Networks_whose_plugins_are_there_are_listed()
    {
        Install("/opt/cni/bin/sriov", "/opt/cni/bin/host-device", "/opt/cni/bin/bridge", "/opt/cni/bin/host-local");
        Network("87-podman.conflist", """{ "name": "podman", "plugins": [{ "type": "bridge", "ipam": { "type": "host-local" } }] }""");
        Network("vfagent-f1-u.conflist", """{ "name": "f1-u", "plugins": [{ "type": "sriov" }] }""");
        Network("cni.lock", "");

        Look().Of("networks").Is(Verdict.Ok, "podman, f1-u");
    }

    [Fact]
    public void A_network_whose_plugin_is_missing_is_a_warning_that_names_it()
    {
        Install("/opt/cni/bin/sriov");
        Network("a.conflist", """{ "name": "a", "plugins": [{ "type": "sriov", "ipam": { "type": "whereabouts" } }, { "type": "tuning" }] }""");

        Look().Of("a.conflist").Is(Verdict.Warning, "network a needs whereabouts, tuning, not in", "install the plugin");
    }

    [Theory]
    [InlineData("""{ "name": "a", """, "is no JSON")]
    [InlineData("""{ "plugins": [{ "type": "sriov" }] }""", "has no name")]
    [InlineData("""{ "name": "a", "plugins": [{}] }""", "has a plugin without a type")]
    [InlineData("[]", "has no name")]
    public void A_broken_file_is_a_warning_since_nerdctl_fails_because_of_it(string text, string problem)
    {
        Install("/opt/cni/bin/sriov");
        Network("b.conflist", text);

        Look().Of("b.conflist").Is(Verdict.Warning, problem, "correct or remove /etc/cni/net.d/b.conflist");
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_warning()
    {
        Install("/opt/cni/bin/sriov");
        Network("b.conflist", "{}");
        _patient.World.Faults = call => call is { Kind: CallKind.ReadFile, Path: $"{Conflists}/b.conflist" } ? Fault.Fail(Errno.EACCES) : Fault.None;

        Look().Of("b.conflist").Is(Verdict.Warning, "cannot be read (EACCES)");
    }

    [Fact]
    public void Two_files_of_one_network_name_are_a_warning_that_names_both()
    {
        Install("/opt/cni/bin/sriov");
        Network("10-site.conflist", """{ "name": "f1-u", "plugins": [{ "type": "sriov" }] }""");
        Network("vfagent-f1-u.conflist", """{ "name": "f1-u", "plugins": [{ "type": "sriov" }] }""");

        Look().Of("network f1-u").Is(Verdict.Warning, "in 10-site.conflist and vfagent-f1-u.conflist: only the first counts", "NameTaken");
    }

    private void Install(params string[] plugins)
    {
        foreach (string plugin in plugins)
            _patient.Disk.Put(plugin, "");
    }

    private void Network(string fileName, string text) => _patient.Disk.Put($"{Conflists}/{fileName}", text);

    private IReadOnlyList<Finding> Look(string backend = "cni", NetworkBackends backends = NetworkBackends.Cni) =>
        [.. new CniChecks(new Podman(true, "4.3.1", backend, null, ContainersConf.Read(_patient.Disk, new Look())), _patient.Disk, _options, backends).Run()];
}
