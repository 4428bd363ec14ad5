using VfAgent.Doctor;

namespace VfAgent.Tests.Doctor;

public sealed class RightsChecksTests : IDisposable
{
    private const string AllCapabilities = "000001ffffffffff";
    private const string Mounts = "proc /proc proc rw 0 0\nsysfs /sys sysfs rw,nosuid 0 0\ncgroup2 /sys/fs/cgroup cgroup2 ro 0 0";

    private readonly Patient _patient = new();

    public void Dispose() => _patient.Dispose();

    [Fact]
    public void Root_with_every_capability_and_a_writable_sys_is_well()
    {
        Be(user: 0, AllCapabilities);

        Assert.All(Look(), finding => Assert.Equal(Verdict.Ok, finding.Verdict));
        Assert.Equal(["root", "CAP_NET_ADMIN", "/sys writable"], Look().Select(finding => finding.Title));
    }

    [Fact]
    public void An_ordinary_user_fails()
    {
        Be(user: 1000, "0");

        Look().Of("root").Is(Verdict.Failure, "user 1000", "as root");
        Look().Of("CAP_NET_ADMIN").Is(Verdict.Failure, "no");
    }

    [Fact]
    public void A_user_who_may_override_file_permissions_and_administer_the_network_is_as_good_as_root()
    {
        Be(user: 1000, "1002");

        Look().Of("root").Is(Verdict.Ok, "CAP_DAC_OVERRIDE");
        Look().Of("CAP_NET_ADMIN").Is(Verdict.Ok, "yes");
        Look().Of("CAP_SYS_MODULE").Is(Verdict.Warning, "cannot load", "modules-load.d");
    }

    [Fact]
    public void Root_of_a_user_namespace_is_not_root()
    {
        Be(user: 0, AllCapabilities);
        _patient.Kernel.Files["/proc/self/uid_map"] = "         0     100000      65536";

        Look().Of("user namespace").Is(Verdict.Failure, "not the host's");
    }

    [Fact]
    public void A_read_only_sys_fails_even_when_it_is_mounted_over_a_writable_one()
    {
        Be(user: 0, AllCapabilities);
        _patient.Kernel.Files["/proc/self/mounts"] = Mounts + "\nsysfs /sys sysfs ro,nosuid 0 0\n";

        Look().Of("/sys writable").Is(Verdict.Failure, "read-only", "ProtectKernelTunables");
    }

    [Theory]
    [InlineData("[Service]\nProtectKernelTunables=yes\n", null, true)]
    [InlineData("[Service]\nProtectKernelTunables=no\n", null, false)]
    [InlineData("[Service]\nProtectKernelTunables=yes\n", "[Service]\nProtectKernelTunables=false\n", false)]
    [InlineData("[Service]\n", "[Service]\nProtectKernelTunables=true\n", true)]
    public void A_hardened_unit_fails_unless_a_drop_in_takes_that_back(string unit, string? dropIn, bool fails)
    {
        Be(user: 0, AllCapabilities);
        _patient.Disk.Put("/usr/lib/systemd/system/vfagent.service", unit);
        if (dropIn is not null)
            _patient.Disk.Put("/etc/systemd/system/vfagent.service.d/local.conf", dropIn);

        Assert.Equal(fails, Look().Any(finding => finding is { Title: "vfagent.service", Verdict: Verdict.Failure }));
    }

    [Theory]
    [InlineData("none [integrity] confidentiality", true)]
    [InlineData("[none] integrity confidentiality", false)]
    public void Lockdown_is_told_but_does_not_stop_the_agent(string text, bool told)
    {
        Be(user: 0, AllCapabilities);
        _patient.Kernel.Files["/sys/kernel/security/lockdown"] = text;

        Assert.Equal(told, Look().Any(finding => finding is { Title: "kernel lockdown", Verdict: Verdict.Ok }));
    }

    [Fact]
    public void Simulated_nics_need_no_rights()
    {
        new RightsChecks(_patient.Kernel, _patient.Disk, Patient.Paths, simulated: true).Run().Of("root").Is(Verdict.NotApplicable, "simulated");
    }

    [Fact]
    public void What_the_kernel_does_not_say_is_unknown()
    {
        Look().Of("root").Is(Verdict.NotApplicable, "/proc/self/status does not say");
        Look().Of("/sys writable").Is(Verdict.NotApplicable, "/proc/self/mounts does not say");
    }

    private void Be(int user, string capabilities)
    {
        _patient.Kernel.Files["/proc/self/status"] = $"Name:\tvfagent\nUid:\t{user}\t{user}\t{user}\t{user}\nCapInh:\t0\nCapEff:\t{capabilities}\n";
        _patient.Kernel.Files["/proc/self/uid_map"] = "         0          0 4294967295";
        _patient.Kernel.Files["/proc/self/mounts"] = Mounts;
    }

    private IReadOnlyList<Finding> Look() => [.. new RightsChecks(_patient.Kernel, _patient.Disk, Patient.Paths, simulated: false).Run()];
}
