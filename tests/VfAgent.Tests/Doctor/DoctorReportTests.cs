using VfAgent.Doctor;

namespace VfAgent.Tests.Doctor;

public sealed class DoctorReportTests
{
    private static readonly Finding _good = Finding.Ok("root", "yes");
    private static readonly Finding _so = Finding.NotApplicable("podman", "not installed");
    private static readonly Finding _warning = Finding.Warning("sriov", "not there", "install it");
    private static readonly Finding _bad = Finding.Failure("state directory", "EROFS", "choose another");

    [Fact]
    public void Findings_are_grouped_and_aligned_with_each_remedy_below_its_own()
    {
        using StringWriter output = new() { NewLine = "\n" };
        new DoctorReport(output, width: 60, colour: false).Write(
            "vfagent looks at h1",
            [
                Area("Rights", "nothing would change", _good, _so),
                Area("Nothing here", ""),
                Area("Folders", "nothing could be written", _bad, _warning with { Found = "a text that is too long for one line of sixty columns", Remedy = "and a remedy that is too long for one line as well, all of it" }),
            ]);

        Assert.Equal(
            """
            vfagent looks at h1

            Rights
              ok    root    yes
              -     podman  not installed

            Folders
              FAIL  state directory  EROFS
                    -> choose another
              warn  sriov            a text that is too long for one line of
                                     sixty columns
                    -> and a remedy that is too long for one line as
                       well, all of it

            1 failure, 1 warning: nothing could be written.

            """,
            output.ToString());
    }

    [Fact]
    public void Colour_is_only_around_the_verdict()
    {
        using StringWriter output = new() { NewLine = "\n" };
        new DoctorReport(output, width: 60, colour: true).Write("vfagent looks at h1", [Area("Rights", "", _good)]);

        Assert.Contains("  \e[32mok\e[0m    root  yes\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_in_order_is_summed_up_as_such() =>
        Assert.Equal("All is well: the agent would run and containers would get VFs.", DoctorReport.Summary([Area("Rights", "x", _good, _so)]));

    [Fact]
    public void Warnings_leave_the_main_job_as_it_is() =>
        Assert.StartsWith("2 warnings: the agent would run and containers would get VFs, but", DoctorReport.Summary([Area("CNI", "x", _warning, _warning)]), StringComparison.Ordinal);

    [Fact]
    public void Failures_say_what_they_mean_each_meaning_once() =>
        Assert.Equal(
            "3 failures: no VFs; no config.",
            DoctorReport.Summary([Area("CNI", "no VFs", _bad), Area("Podman", "no VFs", _bad), Area("Broker", "no config", _bad, _good), Area("IOMMU", "no vfio", _good)]));

    private static AreaFindings Area(string title, string ifFailed, params Finding[] findings) =>
        new(new Area(title, ifFailed, () => Task.FromResult<IReadOnlyList<Finding>>(findings)), findings);
}
