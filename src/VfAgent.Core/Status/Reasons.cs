using System.Collections.Immutable;

namespace VfAgent.Core.Status;

/// <summary>
/// The closed set of reasons. Codes are part of the contract: programs compare them. The same set is in condition.proto (ReasonCode) and, for
/// people, in docs/reasons.md; a test holds the three together.
/// </summary>
public static class Reasons
{
    private static readonly List<Reason> _all = [];

    // The newest message
    public static readonly Reason InvalidConfig = Define(
        "InvalidConfig", Phase.Rejected,
        "correct the fields named and publish again; the last good config stays in force");
    public static readonly Reason NameTaken = Define("NameTaken", Phase.Rejected, "choose another name, or remove the configuration that has it");
    public static readonly Reason NotRetained = Define("NotRetained", Phase.InSync, "publish it again with the retain flag (mosquitto_pub -r)");

    // Not there yet
    public static readonly Reason ResourceNotFound = Define(
        "ResourceNotFound", Phase.Pending,
        "publish the resource; the attachment heals by itself");
    public static readonly Reason NicNotFound = Define(
        "NicNotFound", Phase.Pending,
        "compare the selector with status/discovery; a NIC that is in the host and not in there cannot have VFs, or has SR-IOV off in " +
        "its firmware (vfagent doctor lists it)");
    public static readonly Reason TooFewNics = Define(
        "TooFewNics", Phase.Pending,
        "look for the NIC that is missing (status/discovery), or correct the selector or expectMatches");
    public static readonly Reason TooManyNics = Define(
        "TooManyNics", Phase.Degraded,
        "make the selector narrower (exclude), or correct expectMatches; until then no further NIC is taken");
    public static readonly Reason ResourceObserved = Define(
        "ResourceObserved", Phase.Pending,
        "set the resource's observeOnly to false to have its VFs handed out");
    public static readonly Reason NoFreeVf = Define("NoFreeVf", Phase.Pending, "delete an attachment that is not needed, or raise numVfs");
    public static readonly Reason VfsNotReady = Define("VfsNotReady", Phase.Pending, "look at the resource's status: the attachment heals with it");
    public static readonly Reason PoolUnsupported = Define(
        "PoolUnsupported", Phase.Pending,
        "give a resource whose deviceType is netdevice, or set allocation to STATIC");
    public static readonly Reason Applying = Define("Applying", Phase.Progressing, "");
    public static readonly Reason WaitingForKernel = Define("WaitingForKernel", Phase.Progressing, "");

    // Guards
    public static readonly Reason VfsInUse = Define(
        "VfsInUse", Phase.Blocked,
        "stop the containers or processes named, or take the VF from the bond or bridge named; the change is then made by itself " +
        "(disruptionPolicy FORCE only waits for processes)");
    public static readonly Reason DisruptionForbidden = Define(
        "DisruptionForbidden", Phase.Blocked,
        "set disruptionPolicy to DEFER, or take the VFs away yourself (echo 0 > sriov_numvfs)");
    public static readonly Reason ManagementNic = Define(
        "ManagementNic", Phase.Blocked,
        "lead the default route and the broker's connection over another NIC, or set allowManagementNic on the resource");
    public static readonly Reason VfTaken = Define("VfTaken", Phase.Blocked, "name another device, or use resourceName and let the agent choose");
    public static readonly Reason PfClaimed = Define(
        "PfClaimed", Phase.Degraded,
        "let only one resource's selector match the NIC, or divide its VFs (pfNames eth3#0-3 and eth3#4-6) with the same numVfs and mtu");
    public static readonly Reason Drifted = Define(
        "Drifted", Phase.Degraded,
        "have it changed by whoever manages the NIC, or leave that to the agent (externallyManaged and observeOnly false)");
    public static readonly Reason DryRun = Define("DryRun", Phase.Pending, "turn Agent:DryRun off to have it done");

    // The hardware and its driver
    public static readonly Reason SriovDisabledInFirmware = Define(
        "SriovDisabledInFirmware", Phase.Degraded,
        "enable SR-IOV in the BIOS; Mellanox: SRIOV_EN=1 and NUM_OF_VFS with mstconfig, then reboot");
    public static readonly Reason NumVfsExceedsTotal = Define(
        "NumVfsExceedsTotal", Phase.Degraded,
        "ask for no more than totalVfs, or raise it in the NIC's firmware");
    public static readonly Reason PfDriverMissing = Define(
        "PfDriverMissing", Phase.Degraded,
        "bind the PF's own kernel driver (driverctl unset-override); vfio-pci on the PF cannot make VFs");
    public static readonly Reason VfsPresent = Define(
        "VfsPresent", Phase.Degraded,
        "VFs were made by somebody else at the same moment; it is tried again");
    public static readonly Reason PartialVfs = Define(
        "PartialVfs", Phase.Degraded,
        "read the kernel log (dmesg) for why; bnxt_en makes none while its PF is down, or while virtual machines have VFs of it");
    public static readonly Reason NoMmioSpace = Define(
        "NoMmioSpace", Phase.Degraded,
        "enable \"above 4G decoding\" in the BIOS, or boot with pci=realloc (pci=assign-busses when the kernel log says bus number out " +
        "of range)");
    public static readonly Reason DriverBusy = Define("DriverBusy", Phase.Degraded, "it is tried again");
    public static readonly Reason VfsAssigned = Define("VfsAssigned", Phase.Degraded, "stop the virtual machines that use this NIC's VFs");
    public static readonly Reason KernelTimeout = Define(
        "KernelTimeout", Phase.Degraded,
        "the driver does not return; the NIC is left alone until it does. Read the kernel log; a reboot may be needed");
    public static readonly Reason MtuOutOfRange = Define(
        "MtuOutOfRange", Phase.Degraded,
        "give an mtu within minMtu and maxMtu, and a vfMtu that is no larger than the MTU of the PF");
    public static readonly Reason NetdevMissing = Define(
        "NetdevMissing", Phase.Degraded,
        "look at the PF's driver, or whether its interface was moved to another network namespace");
    public static readonly Reason DriverNotBound = Define(
        "DriverNotBound", Phase.Degraded,
        "load the VF's driver, or read the kernel log for why it refused the VF");
    public static readonly Reason VfsMissing = Define(
        "VfsMissing", Phase.Degraded,
        "read the kernel log for what became of them; they are taken on as soon as they show");
    public static readonly Reason AttributeUnsupported = Define(
        "AttributeUnsupported", Phase.Degraded,
        "leave the setting out for this NIC, or use a driver that has it; everything else is set");
    public static readonly Reason AttributeRejected = Define(
        "AttributeRejected", Phase.Degraded,
        "give a value that the driver takes; it is tried again when the NIC's link changes, and everything else is set");
    public static readonly Reason AttributesUnavailable = Define(
        "AttributesUnavailable", Phase.Degraded,
        "with many VFs, use Linux 6.5 or later; until they can be read, the VFs' settings are neither checked nor set");
    public static readonly Reason EswitchBlocked = Define(
        "EswitchBlocked", Phase.Degraded,
        "read what the driver says; some change the mode only while no flow, bond or virtual machine uses the switch; it is tried again");
    public static readonly Reason MacNotInEffect = Define("MacNotInEffect", Phase.Pending, "set the NIC up: its VFs are then told their addresses");
    public static readonly Reason DuplicateMac = Define(
        "DuplicateMac", Phase.Degraded,
        "give one of the two another address (mac in vfDefaults or vfs, or in the network attachment's plugin)");
    public static readonly Reason NoEffect = Define(
        "NoEffect", Phase.Degraded,
        "the kernel reported success but the value did not change; read the kernel log");
    public static readonly Reason KernelRefused = Define("KernelRefused", Phase.Degraded, "read the kernel log (dmesg); it is tried again");
    public static readonly Reason Contended = Define(
        "Contended", Phase.Degraded,
        "find who else sets it (another agent, NetworkManager, udev, a script) and let only one of them do so");
    public static readonly Reason RolledBack = Define(
        "RolledBack", Phase.Degraded,
        "see to what is said to have failed; publish the resource with another generation to have it tried at once");
    public static readonly Reason NotConfirmed = Define(
        "NotConfirmed", Phase.Degraded,
        "look at the NIC's link and at the switch port (VLANs, MTU); publish the resource with another generation to have the change tried again");
    public static readonly Reason RollbackFailed = Define(
        "RollbackFailed", Phase.Degraded,
        "look at the NIC: it is neither as asked for nor as before; publish the resource with another generation to have it tried at once");

    // Networks
    public static readonly Reason NoCounterpart = Define(
        "NoCounterpart", Phase.Degraded,
        "leave out what is named, or use a runtime with CNI; what VFs are set to (MAC, VLAN, …) goes into the resource's vfDefaults or vfs");

    // vfio
    public static readonly Reason IommuDisabled = Define(
        "IommuDisabled", Phase.Degraded,
        "boot with intel_iommu=on iommu=pt (or amd_iommu=on), and enable VT-d or AMD-Vi in the BIOS");
    public static readonly Reason IommuGroupNotViable = Define(
        "IommuGroupNotViable", Phase.Degraded,
        "enable ACS in the BIOS or use another slot, so that each VF gets a group of its own; or bind the devices named to vfio-pci");
    public static readonly Reason ModuleMissing = Define(
        "ModuleMissing", Phase.Degraded,
        "install the kernel module named for the running kernel; if it is there, the kernel log says why it was refused (Secure Boot " +
        "takes signed modules only)");

    // The process and its files
    public static readonly Reason MissingCapability = Define(
        "MissingCapability", Phase.Degraded,
        "run the agent as root, without ProtectKernelTunables or ReadOnlyPaths=/sys in its unit");
    public static readonly Reason Lockdown = Define(
        "Lockdown", Phase.Degraded,
        "install the module signed, as the distribution's kernel packages have it, or turn Secure Boot off in the BIOS");
    public static readonly Reason ReadOnlyFileSystem = Define(
        "ReadOnlyFileSystem", Phase.Degraded,
        "make the folder writable for the agent; for /sys: no ProtectKernelTunables in its unit, and -v /sys:/sys:rw in a container");
    public static readonly Reason DiskFull = Define("DiskFull", Phase.Degraded, "free space on the file system named");
    public static readonly Reason DiskFault = Define("DiskFault", Phase.Degraded, "check the file system and the disk");

    /// <summary>Every reason there is.</summary>
    public static ImmutableArray<Reason> All { get; } = [.. _all];

    private static Reason Define(string code, Phase phase, string remedy)
    {
        var reason = new Reason(code, phase, remedy);
        _all.Add(reason);
        return reason;
    }
}
