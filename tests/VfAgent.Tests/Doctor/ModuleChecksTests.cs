using VfAgent.Doctor;

namespace VfAgent.Tests.Doctor;

public sealed class ModuleChecksTests
{
    private const string Folder = "/lib/modules/6.1.0-simulated";

    [Fact]
    public void Modules_that_are_installed_are_well_and_are_not_loaded_by_looking()
    {
        using Patient patient = WithModules("vfio/pci/vfio-pci.ko.xz", "vhost/vhost_net.ko", "net/tun.ko.zst", "net/igbvf.ko");

        IReadOnlyList<Finding> findings = Look(patient);

        findings.Of("igbvf").Is(Verdict.Ok, "installed, udev loads it with the first VF of igb");
        findings.Of("vfio-pci").Is(Verdict.Ok, "installed");
        findings.Of("vhost-net").Is(Verdict.Ok, "installed");
        findings.Of("tun").Is(Verdict.Ok, "installed");
        Assert.Equal(4, findings.Count);
        Assert.Equal(0, patient.World.Writes);
    }

    [Fact]
    public void Modules_that_are_loaded_are_well()
    {
        using Patient patient = WithModules();
        foreach (string module in new[] { "vfio_pci", "vhost_net", "tun", "igbvf" })
            Assert.Null(patient.Kernel.LoadModule(module));

        Assert.All(Look(patient), finding => finding.Is(Verdict.Ok, "loaded"));
    }

    [Fact]
    public void A_module_may_be_built_in()
    {
        using Patient patient = WithModules("net/igbvf.ko");
        patient.Disk.Put($"{Folder}/modules.builtin", "kernel/drivers/vfio/pci/vfio-pci.ko\n");

        Look(patient).Of("vfio-pci").Is(Verdict.Ok, "installed");
    }

    [Fact]
    public void Without_the_vfs_driver_the_main_job_fails()
    {
        using Patient patient = WithModules("net/tun.ko");

        Look(patient).Of("igbvf").Is(Verdict.Failure, "VFs of igb get no network interface", "linux-modules-extra");
    }

    [Fact]
    public void Nics_that_share_a_vf_driver_are_told_in_one_line()
    {
        using Patient patient = WithNics("i40e:1,ice:1,mlx5:1", "net/iavf.ko");

        Assert.Equal("iavf", Look(patient)[0].Title);
        Look(patient).Of("iavf").Is(Verdict.Ok, "first VF of i40e and ice");
    }

    [Fact]
    public void Without_vfio_pci_and_vhost_net_some_things_do_not_work()
    {
        using Patient patient = WithModules("net/igbvf.ko");

        Look(patient).Of("vfio-pci").Is(Verdict.Warning, "VFs cannot be given to vfio-pci", "kernel package that has vfio_pci");
        Look(patient).Of("vhost-net").Is(Verdict.Warning, "needVhostNet");
    }

    [Fact]
    public void A_module_that_is_loaded_without_its_device_is_a_container_without_dev()
    {
        using Patient patient = WithModules("net/igbvf.ko");
        patient.Kernel.Files["/sys/module/vhost_net"] = "";

        Look(patient).Of("vhost-net").Is(Verdict.Warning, "its device is not here", "mount /dev");
    }

    [Fact]
    public void Without_a_list_of_modules_nobody_knows()
    {
        using Patient patient = new();

        Look(patient).Of("igbvf").Is(Verdict.Warning, "unknown, /lib/modules/6.1.0-simulated has no list", "mount /lib/modules");
    }

    [Fact]
    public void A_simulated_kernel_needs_no_list()
    {
        using Patient patient = new();

        Assert.All(new ModuleChecks(patient.Kernel, patient.Disk, Patient.Paths, simulated: true).Run(), finding => finding.Is(Verdict.Ok, "simulated"));
    }

    [Fact]
    public void Without_modprobe_nothing_is_loaded()
    {
        using Patient patient = WithModules("net/igbvf.ko");
        patient.Disk.Remove("/usr/sbin/modprobe");

        Look(patient).Of("modprobe").Is(Verdict.Warning, "not found", "kmod");
    }

    private static Patient WithModules(params string[] files) => WithNics("igb:2", files);

    private static Patient WithNics(string nics, params string[] files)
    {
        Patient patient = new(nics);
        patient.Disk.Put($"{Folder}/modules.dep", "kernel/other.ko:\n" + string.Concat(files.Select(file => $"kernel/drivers/{file}: kernel/other.ko\n")));
        patient.Disk.Put("/usr/sbin/modprobe", "");
        return patient;
    }

    private static IReadOnlyList<Finding> Look(Patient patient) =>
        [.. new ModuleChecks(patient.Kernel, patient.Disk, Patient.Paths, simulated: false).Run()];
}
