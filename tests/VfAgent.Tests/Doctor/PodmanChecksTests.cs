using VfAgent.Doctor;
using VfAgent.Host;

namespace VfAgent.Tests.Doctor;

public sealed class PodmanChecksTests : IDisposable
{
    private const string Netavark = "/usr/lib/podman/netavark";

    private readonly Patient _patient = new();

    public void Dispose() => _patient.Dispose();

    [Fact]
    public async Task Podman_with_cni_is_well()
    {
        IReadOnlyList<Finding> findings = await LookAsync("4.3.1 cni");

        findings.Of("network backend").Is(Verdict.Ok, "cni (podman 4.3.1)");
        findings.Of("conflists").Is(Verdict.Ok, "/etc/cni/net.d");
    }

    [Theory]
    [InlineData("4.9.4 netavark")]
    [InlineData("5.4.2 netavark")]
    [InlineData("6.0.1 netavark")]
    public async Task Podman_with_netavark_is_well_where_the_plugin_is(string answer)
    {
        _patient.Disk.Put(Netavark, "");
        _patient.Disk.Put("/usr/lib/netavark/vfagent", "");

        IReadOnlyList<Finding> findings = await LookAsync(answer);

        findings.Of("networks for").Is(Verdict.Ok, $"netavark: {Netavark} is installed");
        findings.Of("network backend").Is(Verdict.Ok, "netavark (podman ");
        findings.Of("networks").Is(Verdict.Ok, "read from /etc/containers/networks");
        findings.Of("netavark plugin").Is(Verdict.Ok, "/usr/lib/netavark/vfagent");
    }

    [Fact]
    public async Task Netavark_without_the_plugin_fails()
    {
        _patient.Disk.Put(Netavark, "");
        _patient.Disk.Put("/etc/containers/containers.conf", "[network]\nnetavark_plugin_dirs = [\"/opt/netavark\"]\n");

        (await LookAsync("5.4.2 netavark")).Of("netavark plugin")
            .Is(Verdict.Failure, "vfagent is not in /opt/netavark", "ln -s \"$(command -v vfagent)\" /opt/netavark/vfagent");
    }

    [Fact]
    public async Task Networks_that_podman_does_not_take_fail()
    {
        (await LookAsync("5.4.2 netavark")).Of("network backend").Is(Verdict.Failure, "podman does not read conflists", "--Runtime:Backends=netavark");

        _patient.Disk.Put(Netavark, "");
        (await LookAsync("4.3.1 cni")).Of("network backend").Is(Verdict.Failure, "the agent writes no conflists", "--Runtime:Backends=cni");
    }

    // Its template has no such field.
    [Fact]
    public async Task Podman_3_has_cni()
    {
        IReadOnlyList<Finding> findings = await LookAsync(arguments => arguments[0] == "info"
            ? new CommandAnswer(125, "", "Error: can't evaluate field NetworkBackend in type *define.HostInfo")
            : new CommandAnswer(0, "3.4.4", ""));

        findings.Of("network backend").Is(Verdict.Ok, "cni (podman 3.4.4)");
    }

    [Fact]
    public async Task With_another_runtime_that_reads_conflists_it_is_only_a_warning()
    {
        _patient.Disk.Put("/usr/local/bin/nerdctl", "");

        IReadOnlyList<Finding> findings = await LookAsync("5.4.0 netavark");

        findings.Of("network backend").Is(Verdict.Warning, "netavark");
        findings.Of("other runtimes").Is(Verdict.Ok, "nerdctl");
    }

    [Fact]
    public async Task Podman_that_reads_another_folder_than_the_agent_writes_fails()
    {
        _patient.Disk.Put("/etc/containers/containers.conf", "[network]\nnetwork_config_dir = \"/srv/net/\"\n");

        (await LookAsync("4.3.1 cni")).Of("conflists").Is(Verdict.Failure, "read from /srv/net, but", "--Cni:ConflistDirectory=/srv/net");
    }

    [Fact]
    public async Task Podman_that_fails_is_quoted()
    {
        CommandAnswer answer = new(125, "", "WARN[0000] something\nError: cannot open storage");

        (await LookAsync(answer)).Of("network backend").Is(Verdict.Warning, "Error: cannot open storage", "podman info as root");
    }

    [Fact]
    public async Task An_answer_that_is_none_is_quoted()
    {
        (await LookAsync("4.3.1 <no value>")).Of("network backend").Is(Verdict.Warning, "4.3.1 <no value>");
    }

    [Fact]
    public async Task Without_any_runtime_nothing_reads_what_the_agent_writes()
    {
        (await LookAsync((CommandAnswer?)null)).Of("podman").Is(Verdict.Warning, "nothing here reads networks", "install podman");
    }

    [Fact]
    public async Task Without_podman_another_runtime_will_do()
    {
        _patient.Disk.Put("/usr/bin/containerd", "");

        IReadOnlyList<Finding> findings = await LookAsync((CommandAnswer?)null);

        findings.Of("podman").Is(Verdict.NotApplicable, "not installed");
        findings.Of("other runtimes").Is(Verdict.Ok, "containerd");
    }

    private Task<IReadOnlyList<Finding>> LookAsync(string output) => LookAsync(new CommandAnswer(0, output, ""));

    private Task<IReadOnlyList<Finding>> LookAsync(CommandAnswer? answer) => LookAsync(_ => answer);

    private async Task<IReadOnlyList<Finding>> LookAsync(Func<IReadOnlyList<string>, CommandAnswer?> answer)
    {
        Podman podman = await Podman.AskAsync(
            _patient.Kernel, _patient.Disk, (arguments, _) => Task.FromResult(answer(arguments)), TestContext.Current.CancellationToken);
        BackendChoice choice = new BackendReader(_patient.Disk, BackendReader.Auto).Read(new Look());
        return [.. new PodmanChecks(podman, _patient.Disk, choice, Patient.Paths).Run()];
    }
}
