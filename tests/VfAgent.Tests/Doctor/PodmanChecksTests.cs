using VfAgent.Doctor;

namespace VfAgent.Tests.Doctor;

public sealed class PodmanChecksTests : IDisposable
{
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
    [InlineData("4.9.4 netavark", "set network_backend = \"cni\" under [network] in /etc/containers/containers.conf, stop all containers")]
    [InlineData("5.4.0 netavark", "only when it was built with the tag cni")]
    [InlineData("6.0.1 netavark", "podman 6 has no CNI any more")]
    public async Task Podman_with_netavark_fails_and_the_remedy_depends_on_its_version(string answer, string remedy)
    {
        (await LookAsync(answer)).Of("network backend").Is(Verdict.Failure, "podman does not read conflists", remedy);
    }

    [Fact]
    public async Task The_remedy_names_the_file_that_says_netavark()
    {
        _patient.Disk.Put("/etc/containers/containers.conf.d/50-site.conf", "[network]\nnetwork_backend = \"netavark\"\n");

        (await LookAsync("4.9.4 netavark")).Of("network backend").Is(Verdict.Failure, "netavark", "in /etc/containers/containers.conf.d/50-site.conf");
    }

    [Fact]
    public async Task With_another_runtime_that_reads_conflists_netavark_is_only_a_warning()
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
        (await LookAsync((CommandAnswer?)null)).Of("podman").Is(Verdict.Warning, "nothing here reads conflists", "install podman 4");
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

    private async Task<IReadOnlyList<Finding>> LookAsync(CommandAnswer? answer)
    {
        Podman podman = await Podman.AskAsync(_patient.Kernel, _patient.Disk, (_, _) => Task.FromResult(answer), TestContext.Current.CancellationToken);
        return [.. new PodmanChecks(podman, _patient.Disk, "/etc/cni/net.d").Run()];
    }
}
