namespace VfAgent.Core.Status;

/// <summary>The closed set of reasons. Codes are part of the contract: programs compare them.</summary>
public static class Reasons
{
    // The newest message
    public static readonly Reason InvalidConfig = new("InvalidConfig", Phase.Rejected, "correct the fields named and publish again; the last good config stays in force");
    public static readonly Reason NameTaken = new("NameTaken", Phase.Rejected, "choose another name, or remove the configuration that has it");

    // Not there yet
    public static readonly Reason ResourceNotFound = new("ResourceNotFound", Phase.Pending, "publish the resource; the attachment heals by itself");
    public static readonly Reason NicNotFound = new("NicNotFound", Phase.Pending, "compare the selector with status/discovery");
    public static readonly Reason TooFewNics = new("TooFewNics", Phase.Pending, "look for the NIC that is missing (status/discovery), or correct the selector or expectMatches");
    public static readonly Reason TooManyNics = new("TooManyNics", Phase.Degraded, "make the selector narrower (exclude), or correct expectMatches; until then no further NIC is taken");
    public static readonly Reason ResourceObserved = new("ResourceObserved", Phase.Pending, "set the resource's observeOnly to false to have its VFs handed out");
    public static readonly Reason NoFreeVf = new("NoFreeVf", Phase.Pending, "delete an attachment that is not needed, or raise numVfs");
    public static readonly Reason VfsNotReady = new("VfsNotReady", Phase.Pending, "look at the resource's status: the attachment heals with it");
    public static readonly Reason Applying = new("Applying", Phase.Progressing, "");
    public static readonly Reason WaitingForKernel = new("WaitingForKernel", Phase.Progressing, "");

    // Guards
    public static readonly Reason VfsInUse = new("VfsInUse", Phase.Blocked, "stop the containers or processes named; the change is then made by itself (disruptionPolicy FORCE does not wait for containers)");
    public static readonly Reason DisruptionForbidden = new("DisruptionForbidden", Phase.Blocked, "set disruptionPolicy to DEFER, or take the VFs away yourself (echo 0 > sriov_numvfs)");
    public static readonly Reason VfTaken = new("VfTaken", Phase.Blocked, "name another device, or use resourceName and let the agent choose");
    public static readonly Reason PfClaimed = new("PfClaimed", Phase.Degraded, "let only one resource's selector match the NIC, or divide its VFs (pfNames eth3#0-3 and eth3#4-6) with the same numVfs and mtu");
    public static readonly Reason Drifted = new("Drifted", Phase.Degraded, "have it changed by whoever manages the NIC, or leave that to the agent (externallyManaged and observeOnly false)");
    public static readonly Reason DryRun = new("DryRun", Phase.Pending, "turn Agent:DryRun off to have it done");

    // The hardware and its driver
    public static readonly Reason SriovDisabledInFirmware = new("SriovDisabledInFirmware", Phase.Degraded, "enable SR-IOV in the BIOS; Mellanox: SRIOV_EN=1 and NUM_OF_VFS with mstconfig, then reboot");
    public static readonly Reason NumVfsExceedsTotal = new("NumVfsExceedsTotal", Phase.Degraded, "ask for no more than totalVfs, or raise it in the NIC's firmware");
    public static readonly Reason PfDriverMissing = new("PfDriverMissing", Phase.Degraded, "bind the PF's kernel driver");
    public static readonly Reason VfsPresent = new("VfsPresent", Phase.Degraded, "VFs were made by somebody else at the same moment; it is tried again");
    public static readonly Reason PartialVfs = new("PartialVfs", Phase.Degraded, "read the kernel log (dmesg); the driver made fewer VFs than asked for and reported success");
    public static readonly Reason NoMmioSpace = new("NoMmioSpace", Phase.Degraded, "enable \"above 4G decoding\" in the BIOS, or boot with pci=realloc (pci=assign-busses when the kernel log says bus number out of range)");
    public static readonly Reason DriverBusy = new("DriverBusy", Phase.Degraded, "it is tried again");
    public static readonly Reason VfsAssigned = new("VfsAssigned", Phase.Degraded, "stop the virtual machines that use this NIC's VFs");
    public static readonly Reason KernelTimeout = new("KernelTimeout", Phase.Degraded, "the driver does not return; the NIC is left alone until it does. Read the kernel log; a reboot may be needed");
    public static readonly Reason MtuOutOfRange = new("MtuOutOfRange", Phase.Degraded, "give an mtu within minMtu and maxMtu");
    public static readonly Reason NetdevMissing = new("NetdevMissing", Phase.Degraded, "the NIC has no network interface here: look at its driver, or whether it was moved to another network namespace");
    public static readonly Reason DriverNotBound = new("DriverNotBound", Phase.Degraded, "load the VF's driver, or read the kernel log for why it refused the VF");
    public static readonly Reason VfsMissing = new("VfsMissing", Phase.Degraded, "the kernel did not show all VFs in time; read the kernel log");
    public static readonly Reason AttributeUnsupported = new("AttributeUnsupported", Phase.Degraded, "leave the setting out for this NIC, or use a driver that has it; everything else is set");
    public static readonly Reason AttributeRejected = new("AttributeRejected", Phase.Degraded, "give a value that the driver takes; it is tried again when the NIC's link changes. Everything else is set");
    public static readonly Reason AttributesUnavailable = new("AttributesUnavailable", Phase.Degraded, "the driver cannot be asked for its VFs' settings, so they are neither checked nor set; with many VFs, use Linux 6.5 or later");
    public static readonly Reason MacNotInEffect = new("MacNotInEffect", Phase.Pending, "set the NIC up: its VFs are then told their addresses");
    public static readonly Reason NoEffect = new("NoEffect", Phase.Degraded, "the kernel reported success but the value did not change; read the kernel log");
    public static readonly Reason RolledBack = new("RolledBack", Phase.Degraded, "see to what is said to have failed; publish the resource again to have it tried at once");
    public static readonly Reason RollbackFailed = new("RollbackFailed", Phase.Degraded, "look at the NIC: it is neither as asked for nor as before. Publish the resource again to have it tried at once");

    // vfio
    public static readonly Reason IommuDisabled = new("IommuDisabled", Phase.Degraded, "boot with intel_iommu=on iommu=pt (or amd_iommu=on), and enable VT-d or AMD-Vi in the BIOS");
    public static readonly Reason ModuleMissing = new("ModuleMissing", Phase.Degraded, "install the kernel module named for the running kernel");

    // The process and its files
    public static readonly Reason MissingCapability = new("MissingCapability", Phase.Degraded, "run the agent as root, without ProtectKernelTunables or ReadOnlyPaths=/sys in its unit; see also /sys/kernel/security/lockdown");
    public static readonly Reason ReadOnlyFileSystem = new("ReadOnlyFileSystem", Phase.Degraded, "make the folder writable for the agent");
    public static readonly Reason DiskFull = new("DiskFull", Phase.Degraded, "free space on the file system named");
    public static readonly Reason DiskFault = new("DiskFault", Phase.Degraded, "check the file system and the disk");
    public static readonly Reason KernelRefused = new("KernelRefused", Phase.Degraded, "read the kernel log (dmesg); it is tried again");

    /// <summary>In force here, but the broker would not bring it back. Not a phase of its own: everything works.</summary>
    public static readonly Reason NotRetained = new("NotRetained", Phase.InSync, "publish it again with the retain flag (mosquitto_pub -r)");
}
