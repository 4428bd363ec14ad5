using System.Globalization;
using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Core.Planning;
using VfAgent.Core.Status;
using VfAgent.Leases;
using VfAgent.State;

namespace VfAgent.Host;

/// <summary>Carries out one step. Blocks as long as the kernel does: run it on a worker.</summary>
internal sealed class StepRunner(
    IKernel kernel, DurableFiles files, LedgerFiles ledger, VfReturn back, FeatureReader features, HostPaths paths)
{
    private readonly string _pci = Path.Combine(paths.SysRoot, "bus", "pci");

    /// <returns>null when it was done; what it did is for the next observation to say. Else why it was not.</returns>
    public Finding? Run(Step step) => Take(step) is { } error
        ? FailureReasons.For(step, error, FailureReasons.IsDenied(error.Errno) ? features.Lockdown() : null)
        : null;

    private IoError? Take(Step step) => step switch
    {
        SetNumVfs s => kernel.Write(Attribute(s.Pf, "sriov_numvfs"), s.NumVfs.ToString(CultureInfo.InvariantCulture)),
        SetAutoprobe s => kernel.Write(Attribute(s.Pf, "sriov_drivers_autoprobe"), s.On ? "1" : "0"),
        SetEswitch s => kernel.SetEswitch(s.Pf.DevlinkHandle, s.Mode),
        SetMtu s => kernel.SetLinkMtu(s.IfIndex, s.Mtu),
        SetVfMtu s => kernel.SetLinkMtu(s.IfIndex, s.Mtu),
        SetVf { Request: var r } => kernel.SetVf(r.PfIfIndex, r.Vf.Index, r.Setting),
        SetLinkUp s => kernel.SetLinkUp(s.IfIndex, up: true),
        LoadModule s => kernel.LoadModule(s.Module),

        // A lone newline clears an override; a NUL byte is taken for a driver's name by some kernels.
        SetDriverOverride s => kernel.Write(Attribute(s.Address, "driver_override"), (s.Driver ?? "") + "\n"),
        UnbindDriver s => Unbind(s.Address, s.Driver),
        RebindDriver s => Unbind(s.Address, s.Driver) ?? Probe(s.Address),
        ProbeDriver s => Probe(s.Address),
        SettleLease s => back.SettleEnded(s.Lease),
        WriteFile s => Prepare(s.Folder, s.FileName) ?? files.Write(paths.File(s.Folder, s.FileName), Encoding.UTF8.GetBytes(s.Content), 0b110_100_100),
        RemoveFile s => Refused(s.Folder, s.FileName) ?? files.Delete(paths.File(s.Folder, s.FileName)),
        _ => ledger.Apply(step),
    };

    // Podman makes the folder for its networks when it needs it.
    private IoError? Prepare(OwnedFolder folder, string file) =>
        Refused(folder, file) ?? (folder == OwnedFolder.PodmanNetworks ? files.Disk.CreateDirectory(paths.PodmanNetworkDirectory) : null);

    // Somebody may have made a network of podman's of that name since the folder was read.
    private IoError? Refused(OwnedFolder folder, string file) =>
        folder == OwnedFolder.PodmanNetworks && files.Disk.Read(paths.File(folder, file)) is { Ok: true, Value: var bytes } &&
        !PodmanNetworkRenderer.IsOurs(Encoding.UTF8.GetString(bytes))
            ? new IoError(Errno.EEXIST, paths.File(folder, file))
            : null;

    // ENODEV: it is not bound to that driver any more, which is what was wanted.
    private IoError? Unbind(PciAddress device, string driver) =>
        kernel.Write(Path.Combine(_pci, "drivers", driver, "unbind"), device.ToString()) is { Errno: not Errno.ENODEV } error ? error : null;

    private IoError? Probe(PciAddress device) => kernel.Write(Path.Combine(_pci, "drivers_probe"), device.ToString());

    private string Attribute(PciAddress device, string name) => Path.Combine(paths.Device(device), name);
}
