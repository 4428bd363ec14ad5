using VfAgent.Doctor;
using VfAgent.Simulation;

namespace VfAgent.Tests.Doctor;

public sealed class IommuChecksTests
{
    private static readonly SimulationOptions _off = SimulationOptions.Immediate with { Iommu = false };

    [Fact]
    public void A_host_with_an_iommu_is_well()
    {
        using Patient patient = new();

        Assert.Single(Look(patient)).Is(Verdict.Ok, "on, 5 groups");
    }

    [Fact]
    public void Without_an_iommu_only_vfio_is_lost()
    {
        using Patient patient = new(options: _off);

        Look(patient).Of("IOMMU").Is(Verdict.Warning, "kernel drivers need none", "enable VT-d (Intel) or AMD-Vi in the BIOS");
    }

    [Theory]
    [InlineData("quiet", "DMAR", "add intel_iommu=on")]
    [InlineData("quiet intel_iommu=on", "DMAR", "dmesg | grep -i dmar")]
    [InlineData("quiet amd_iommu=off", "IVRS", "take amd_iommu=off from")]
    [InlineData("quiet", "IVRS", "amd-vi")]
    public void The_remedy_follows_from_what_the_firmware_has_and_the_kernel_was_told(string commandLine, string table, string remedy)
    {
        using Patient patient = new(options: _off);
        patient.Kernel.Files["/proc/cmdline"] = commandLine;
        patient.Kernel.Files[$"/sys/firmware/acpi/tables/{table}"] = "";

        Look(patient).Of("IOMMU").Is(Verdict.Warning, "none", remedy);
    }

    [Fact]
    public void Vfio_without_an_iommu_is_called_what_it_is()
    {
        using Patient patient = new(options: _off);
        patient.Kernel.Files["/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"] = "Y";

        Look(patient).Of("IOMMU").Is(Verdict.Warning, "can write all memory", "IOMMU on");
    }

    [Fact]
    public void A_nic_that_shares_its_group_is_a_warning_that_names_who_with()
    {
        using Patient patient = new();
        patient.Kernel.Folders["/sys/kernel/iommu_groups/3/devices"] = ["0000:00:01.0", "0000:01:00.0", "0000:01:00.1"];
        patient.Kernel.Files["/sys/kernel/iommu_groups/3/devices/0000:00:01.0/class"] = "0x060400";
        patient.Kernel.Files["/sys/kernel/iommu_groups/3/devices/0000:01:00.1/class"] = "0x020000";

        IReadOnlyList<Finding> findings = Look(patient);

        findings.Of("group of 0000:01:00.0").Is(Verdict.Warning, "shared with 0000:01:00.1;", "ACS");
        Assert.Equal(2, findings.Count);
    }

    private static IReadOnlyList<Finding> Look(Patient patient) => [.. new IommuChecks(patient.Kernel, Patient.Paths).Run()];
}
