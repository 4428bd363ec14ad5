using System.Collections.Immutable;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Host;
using VfAgent.Reconcile;

namespace VfAgent.Doctor;

/// <summary>The NICs that can have VFs, and what keeps each from having them.</summary>
internal sealed class NicChecks(IKernel kernel, HostPaths paths, TimeProvider time)
{
    private const string Mellanox = "15b3";
    private const string FirmwareRemedy = "enable SR-IOV in the BIOS and in the NIC's firmware";

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(10);

    private readonly PfReader _reader = new(kernel, paths);
    private readonly Worker _worker = new(kernel, time);

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken stop)
    {
        IoResult<ImmutableArray<PciAddress>> pfs = await kernel.RunAsync(_reader.ListPfs).WaitAsync(_deadline, time, stop);
        if (!pfs.Ok)
        {
            return
            [
                Finding.Failure(
                    "PCI devices", pfs.Error.ToString(), $"is sysfs mounted at {paths.SysRoot}? In a container: -v /sys:/sys:rw"),
            ];
        }

        Finding[] findings = await Task.WhenAll(pfs.Value.Select(ExamineAsync));
        List<Finding> others = await kernel.RunAsync(() => Others(pfs.Value)).WaitAsync(_deadline, time, stop);
        if (findings.Any(finding => finding.Verdict == Verdict.Ok))
            return [.. findings, .. others];

        // One broken NIC beside a good one is a warning; when there is no good one there is nothing to do for the agent.
        return findings.Length > 0
            ? [.. findings.Select(finding => finding with { Verdict = Verdict.Failure }), .. others]
            : [
                Finding.Failure(
                    "SR-IOV NICs", "none: no network device here has sriov_totalvfs",
                    $"{FirmwareRemedy}; in a virtual machine the NIC has to be emulated with it (QEMU: igb) or passed through whole. " +
                    "To try the agent without: --Agent:Simulate=igb:2"),
                .. others,
            ];
    }

    private async Task<Finding> ExamineAsync(PciAddress address)
    {
        Attempt<Finding?> attempt = await _worker.RunAsync(() => Examine(address), _deadline);
        return attempt.Hung is null
            ? attempt.Value ?? Finding.Warning(address.ToString(), "went away while it was looked at", "run the check again")
            : Finding.Warning(
                address.ToString(), $"its driver does not answer ({_deadline.TotalSeconds} s)",
                "read the kernel log (dmesg); a reboot may be needed");
    }

    private Finding? Examine(PciAddress address)
    {
        var look = new Look();
        PhysicalFunction? pf = _reader.Read(address, look);
        return look.Unknown is { } error
            ? Finding.Warning(address.ToString(), $"cannot be read: {error}", "run as root; if this is root, read the kernel log (dmesg)")
            : pf is null ? null : Examine(pf);
    }

    private Finding Examine(PhysicalFunction pf)
    {
        string title = $"{pf.Netdev?.Name} {pf.Address}".TrimStart();
        string what = $"{pf.Driver ?? "no driver"} {pf.Vendor}:{pf.DeviceId}";
        if (pf.TotalVfs == 0)
            return Finding.Warning(title, $"{what}, offers no VFs (sriov_totalvfs 0)", Firmware(pf.Vendor, pf.Address));

        if (pf.Driver is null)
        {
            return Finding.Warning(
                title, $"{what}: nothing can make its VFs",
                "load the NIC's kernel driver; if its module is there, read the kernel log (dmesg) for why it refused the NIC");
        }

        if (pf.Driver == "vfio-pci")
        {
            return Finding.Warning(
                title, $"{what}: the whole NIC is given away, its VFs cannot be made through the kernel",
                $"bind it to its own driver again: driverctl unset-override {pf.Address}");
        }

        if (pf.Netdev is null)
        {
            return Finding.Warning(
                title, $"{what}, but has no network interface here",
                "it was moved into another network namespace, or the agent runs in one: give its container --network host");
        }

        string found = $"{what}, {pf.NumVfs} of {pf.TotalVfs} VFs";
        return Text(pf.Address, "sriov_drivers_autoprobe") == "0"
            ? Finding.Warning(
                title, $"{found}; new VFs get no driver (sriov_drivers_autoprobe 0) but those of a resource that wants it",
                $"echo 1 > {paths.Device(pf.Address)}/sriov_drivers_autoprobe, and find out who writes 0 at boot")
            : Finding.Ok(title, found);
    }

    // A Mellanox NIC with SR-IOV switched off in its firmware has no sriov_totalvfs at all, and looks like one that never could.
    private List<Finding> Others(ImmutableArray<PciAddress> pfs)
    {
        List<Finding> findings = [];
        List<string> plain = [];
        foreach (string name in kernel.List(paths.Devices).ValueOr([])!)
        {
            if (!PciAddress.TryParse(name, out PciAddress address) || pfs.Contains(address) || !IsNetworkDevice(address) || IsVf(address))
                continue;

            string vendor = Text(address, "vendor").Replace("0x", "", StringComparison.Ordinal);
            string driver = kernel.ReadLink(Path.Combine(paths.Device(address), "driver")).ValueOr("no driver")!;
            if (vendor == Mellanox)
                findings.Add(Finding.Warning(name, $"{driver} {vendor}, SR-IOV is off in its firmware", Firmware(vendor, address)));
            else
                plain.Add($"{name} ({driver})");
        }

        return plain.Count == 0 ? findings : [.. findings, Finding.NotApplicable("without SR-IOV", string.Join(", ", plain))];
    }

    private static string Firmware(string vendor, PciAddress address) =>
        vendor == Mellanox
            ? $"mstconfig -d {address} set SRIOV_EN=1 NUM_OF_VFS=16 (or as many as are wanted), then reboot; not possible under kernel " +
              "lockdown (Secure Boot)"
            : FirmwareRemedy;

    private bool IsNetworkDevice(PciAddress device) => Text(device, "class").StartsWith("0x02", StringComparison.Ordinal);

    private bool IsVf(PciAddress device) => kernel.Exists(Path.Combine(paths.Device(device), "physfn"));

    private string Text(PciAddress device, string attribute) =>
        kernel.Read(Path.Combine(paths.Device(device), attribute)).ValueOr("")!;
}
