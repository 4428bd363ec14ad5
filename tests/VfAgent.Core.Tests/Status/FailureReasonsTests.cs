using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;

namespace VfAgent.Core.Tests.Status;

public sealed class FailureReasonsTests
{
    private static readonly PciAddress _pf = PciAddress.Parse("0000:02:00.0");
    private static readonly PciAddress _vf = PciAddress.Parse("0000:02:10.0");
    private static readonly VfId _id = new(_pf, 0);

    private static readonly Dictionary<string, Step> _steps = new(StringComparer.Ordinal)
    {
        ["numvfs"] = new SetNumVfs(_pf, 4),
        ["numvfs 0"] = new SetNumVfs(_pf, 0),
        ["mtu"] = new SetMtu(_pf, "eth3", 3, 9000),
        ["up"] = new SetLinkUp(_pf, "eth3", 3),
        ["vf"] = new SetVf("eth3", new VfRequest(_id, 3, new VfTrust(true))),
        ["module"] = new LoadModule("vfio_pci"),
        ["override"] = new SetDriverOverride(_id, _vf, "vfio-pci"),
        ["unbind"] = new UnbindDriver(_id, _vf, "igbvf"),
        ["probe"] = new ProbeDriver(_id, _vf),
        ["write"] = new WriteFile(OwnedFolder.Conflists, "vfagent-f1-u.conflist", "{}"),
        ["record"] = new RecordAssignment(new Assignment("f1-u", null, null)),
    };

    [Theory]
    [InlineData("numvfs", Errno.ERANGE, "NumVfsExceedsTotal")]
    [InlineData("numvfs", Errno.EBUSY, "VfsPresent")]
    [InlineData("numvfs", Errno.ENOENT, "PfDriverMissing")]
    [InlineData("numvfs", Errno.ENOMEM, "NoMmioSpace")]
    [InlineData("numvfs", Errno.ENOSPC, "NoMmioSpace")]
    [InlineData("numvfs", Errno.EAGAIN, "DriverBusy")]
    [InlineData("numvfs", Errno.EINVAL, "VfsAssigned")]
    [InlineData("numvfs", Errno.ETIMEDOUT, "KernelTimeout")]
    [InlineData("numvfs", Errno.EACCES, "MissingCapability")]
    [InlineData("numvfs", Errno.EROFS, "ReadOnlyFileSystem")]
    [InlineData("numvfs", Errno.ENXIO, "KernelRefused")]
    [InlineData("numvfs", Errno.EIO, "KernelRefused")]
    [InlineData("mtu", Errno.EIO, "KernelRefused")]
    [InlineData("up", Errno.ENOSPC, "KernelRefused")]
    [InlineData("override", Errno.EROFS, "ReadOnlyFileSystem")]
    [InlineData("mtu", Errno.EINVAL, "MtuOutOfRange")]
    [InlineData("mtu", Errno.ERANGE, "MtuOutOfRange")]
    [InlineData("mtu", Errno.ENODEV, "NetdevMissing")]
    [InlineData("mtu", Errno.EPERM, "MissingCapability")]
    [InlineData("up", Errno.ENODEV, "NetdevMissing")]
    [InlineData("up", Errno.EBUSY, "KernelRefused")]
    [InlineData("vf", Errno.EOPNOTSUPP, "AttributeUnsupported")]
    [InlineData("vf", Errno.EPROTONOSUPPORT, "AttributeUnsupported")]
    [InlineData("vf", Errno.EPERM, "AttributeUnsupported")]
    [InlineData("vf", Errno.EINVAL, "AttributeRejected")]
    [InlineData("vf", Errno.ENODEV, "NetdevMissing")]
    [InlineData("module", Errno.ENOENT, "ModuleMissing")]
    [InlineData("module", Errno.EPERM, "MissingCapability")]
    [InlineData("override", Errno.ENOENT, "DriverNotBound")]
    [InlineData("unbind", Errno.EBUSY, "DriverNotBound")]
    [InlineData("probe", Errno.EINVAL, "DriverNotBound")]
    [InlineData("write", Errno.ENOSPC, "DiskFull")]
    [InlineData("write", Errno.EDQUOT, "DiskFull")]
    [InlineData("write", Errno.EROFS, "ReadOnlyFileSystem")]
    [InlineData("write", Errno.EIO, "DiskFault")]
    [InlineData("record", Errno.ENOSPC, "DiskFull")]
    [InlineData("record", Errno.EACCES, "MissingCapability")]
    public void A_failed_step_has_a_reason(string step, Errno errno, string reason) =>
        Assert.Equal(reason, FailureReasons.For(_steps[step], new IoError(errno, "")).Reason.Code);

    [Theory]
    [InlineData("module", Errno.EPERM, "integrity", "Lockdown", "load module vfio_pci: EPERM; kernel lockdown is integrity")]
    [InlineData("module", Errno.EPERM, null, "MissingCapability", "load module vfio_pci: EPERM")]
    [InlineData("module", Errno.ENOENT, "integrity", "ModuleMissing", "load module vfio_pci: ENOENT")]
    [InlineData("numvfs", Errno.EACCES, "confidentiality", "MissingCapability", "set 0000:02:00.0 sriov_numvfs to 4: EACCES")]
    public void Lockdown_keeps_modules_out_and_nothing_else(string step, Errno errno, string? lockdown, string reason, string message)
    {
        Finding finding = FailureReasons.For(_steps[step], new IoError(errno, ""), lockdown);
        Assert.Equal(reason, finding.Reason.Code);
        Assert.Equal(message, finding.Message);
    }

    [Fact]
    public void A_failed_step_says_what_was_tried_and_what_the_kernel_said()
    {
        Assert.Equal(
            "set 0000:02:00.0 sriov_numvfs to 4: EBUSY",
            FailureReasons.For(_steps["numvfs"], new IoError(Errno.EBUSY, "write 4 to …")).Message);
        Assert.Equal(
            "set eth3 mtu to 9000: EINVAL (mtu greater than device maximum)",
            FailureReasons.For(_steps["mtu"], new IoError(Errno.EINVAL, "set eth3 mtu", "mtu greater than device maximum")).Message);
    }

    [Theory]
    [InlineData("numvfs", "PartialVfs", "the kernel accepted 4 VFs for 0000:02:00.0 and did not make them")]
    [InlineData("numvfs 0", "NoEffect", "set 0000:02:00.0 sriov_numvfs to 0: accepted, but it did not change")]
    [InlineData("probe", "DriverNotBound", "no driver took 0000:02:10.0")]
    [InlineData("mtu", "NoEffect", "set eth3 mtu to 9000: accepted, but it did not change")]
    public void A_step_that_has_to_be_taken_again_had_no_effect(string step, string reason, string message)
    {
        Finding finding = FailureReasons.NoEffect(_steps[step]);
        Assert.Equal(reason, finding.Reason.Code);
        Assert.Equal(message, finding.Message);
    }

    [Fact]
    public void A_call_that_does_not_return_says_so()
    {
        Finding finding = FailureReasons.Timeout("read 0000:02:00.0", TimeSpan.FromSeconds(30));
        Assert.Equal(Reasons.KernelTimeout, finding.Reason);
        Assert.Equal("read 0000:02:00.0: no answer from the kernel in 30 s", finding.Message);
    }
}
