using Microsoft.Extensions.Time.Testing;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Doctor;
using VfAgent.Simulation;

namespace VfAgent.Tests.Doctor;

public sealed class NicChecksTests
{
    private const string First = "eth2 0000:01:00.0";
    private const string Second = "eth3 0000:02:00.0";
    private const string SecondDevice = "/sys/bus/pci/devices/0000:02:00.0";

    [Fact]
    public async Task Each_nic_says_how_many_vfs_it_has_and_could_have()
    {
        using Patient patient = new("igb:1,ice:1");
        Assert.Null(patient.Kernel.Write($"{SecondDevice}/sriov_numvfs", "4"));

        IReadOnlyList<Finding> findings = await LookAsync(patient);

        findings.Of(First).Is(Verdict.Ok, "igb 8086:10c9, 0 of 7 VFs");
        findings.Of(Second).Is(Verdict.Ok, "ice 8086:1592, 4 of 256 VFs");
        findings.Of("without SR-IOV").Is(Verdict.NotApplicable, "0000:00:03.0 (virtio-pci), 0000:00:04.0 (virtio-pci)");
        Assert.Equal(3, findings.Count);
    }

    [Fact]
    public async Task A_host_without_such_a_nic_fails()
    {
        using Patient patient = new([]);

        (await LookAsync(patient)).Of("SR-IOV NICs").Is(Verdict.Failure, "none", "--Agent:Simulate=igb:2");
    }

    [Fact]
    public async Task A_host_without_sysfs_fails()
    {
        using Patient patient = new();
        patient.World.Faults = call => call is { Kind: CallKind.List, Path: "/sys/bus/pci/devices" } ? Fault.Fail(Errno.ENOENT) : Fault.None;

        (await LookAsync(patient)).Of("PCI devices").Is(Verdict.Failure, "ENOENT", "/sys");
    }

    [Fact]
    public async Task A_nic_whose_firmware_offers_no_vfs_is_a_warning_beside_a_good_one_and_a_failure_alone()
    {
        NicModel off = NicModel.Mlx5 with { TotalVfs = 0 };
        using Patient both = new([NicModel.Igb, off]);
        using Patient alone = new([off]);

        (await LookAsync(both)).Of(Second).Is(Verdict.Warning, "offers no VFs", "mstconfig -d 0000:02:00.0 set SRIOV_EN=1");
        (await LookAsync(alone)).Of(First).Is(Verdict.Failure, "offers no VFs");
    }

    [Fact]
    public async Task A_mellanox_nic_that_shows_no_sriov_at_all_is_told_apart_from_nics_that_have_none()
    {
        using Patient patient = new();
        patient.Kernel.Files["/sys/bus/pci/devices/0000:00:04.0/vendor"] = "0x15b3";

        IReadOnlyList<Finding> findings = await LookAsync(patient);

        findings.Of("0000:00:04.0").Is(Verdict.Warning, "SR-IOV is off", "mstconfig");
        findings.Of("without SR-IOV").Is(Verdict.NotApplicable, "0000:00:03.0 (virtio-pci)");
    }

    [Fact]
    public async Task A_nic_without_a_driver_is_a_warning()
    {
        using Patient patient = new();
        Assert.Null(patient.Kernel.Write("/sys/bus/pci/drivers/igb/unbind", "0000:02:00.0"));

        (await LookAsync(patient)).Of("0000:02:00.0").Is(Verdict.Warning, "no driver", "kernel driver");
    }

    [Fact]
    public async Task A_nic_that_is_given_to_vfio_pci_whole_is_a_warning()
    {
        using Patient patient = new();
        Assert.Null(patient.Kernel.LoadModule("vfio_pci"));
        Assert.Null(patient.Kernel.Write($"{SecondDevice}/driver_override", "vfio-pci\n"));
        Assert.Null(patient.Kernel.Write("/sys/bus/pci/drivers/igb/unbind", "0000:02:00.0"));
        Assert.Null(patient.Kernel.Write("/sys/bus/pci/drivers_probe", "0000:02:00.0"));

        (await LookAsync(patient)).Of("0000:02:00.0").Is(Verdict.Warning, "given away", "driverctl unset-override 0000:02:00.0");
    }

    [Fact]
    public async Task A_nic_whose_interface_is_in_another_namespace_is_a_warning()
    {
        using Patient patient = new();
        patient.World.Kernel.MoveToContainer(PciAddress.Parse("0000:02:00.0"), "c1");

        (await LookAsync(patient)).Of("0000:02:00.0").Is(Verdict.Warning, "no network interface", "--network host");
    }

    [Fact]
    public async Task A_nic_that_gives_new_vfs_no_driver_is_a_warning()
    {
        using Patient patient = new();
        Assert.Null(patient.Kernel.Write($"{SecondDevice}/sriov_drivers_autoprobe", "0"));

        (await LookAsync(patient)).Of(Second).Is(Verdict.Warning, "sriov_drivers_autoprobe 0", $"echo 1 > {SecondDevice}/sriov_drivers_autoprobe");
    }

    [Fact]
    public async Task What_cannot_be_read_of_a_nic_is_said()
    {
        using Patient patient = new();
        patient.World.Faults = call => call.Path.EndsWith("0000:02:00.0/sriov_numvfs", StringComparison.Ordinal) ? Fault.Fail(Errno.EACCES) : Fault.None;

        (await LookAsync(patient)).Of("0000:02:00.0").Is(Verdict.Warning, "sriov_numvfs: EACCES", "root");
    }

    [Fact]
    public async Task A_driver_that_hangs_holds_up_no_other_nic()
    {
        FakeTimeProvider time = new();
        using Patient patient = new("igb:2", time: time);
        patient.World.Faults = call => call.Path.Contains("0000:02:00.0/sriov_numvfs", StringComparison.Ordinal) ? Fault.Hang : Fault.None;

        Task<IReadOnlyList<Finding>> looking = LookAsync(patient);
        time.Advance(TimeSpan.FromSeconds(10));
        IReadOnlyList<Finding> findings = await looking;

        findings.Of("0000:02:00.0").Is(Verdict.Warning, "does not answer", "dmesg");
        findings.Of(First).Is(Verdict.Ok, "0 of 7 VFs");
    }

    private static Task<IReadOnlyList<Finding>> LookAsync(Patient patient) =>
        new NicChecks(patient.Kernel, Patient.Paths, patient.Time).RunAsync(TestContext.Current.CancellationToken);
}
