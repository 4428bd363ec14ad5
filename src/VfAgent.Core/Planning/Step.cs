using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Core.Planning;

/// <summary>
/// One change to the host. The set is closed: a runner handles every kind, and equal steps are the same change, whatever a netdev is called meanwhile
/// and whatever it takes from others. So a step that had no effect, or is needed time and again, is known when it comes again.
/// </summary>
public abstract record Step
{
    private protected Step()
    {
    }

    /// <summary>What it takes from others while it is made.</summary>
    public virtual Disruption Disruption => Disruption.None;

    /// <summary>VFs, if there are any, are taken from whoever uses them: what the plan saw has to be looked at again right before.</summary>
    public bool DisturbsVfs => Disruption > Disruption.None;

    /// <summary>It is about the PF itself, with all that hangs on it: half of such a change is to nobody's liking.</summary>
    public bool ChangesPf => this is SetNumVfs or SetMtu or SetLinkUp or SetEswitch;

    /// <summary>For people, in the imperative: <c>set 0000:02:00.0 sriov_numvfs to 4</c>.</summary>
    public abstract override string ToString();
}

/// <summary>A step that is about one VF alone: when it fails, the other VFs' are taken all the same.</summary>
public interface IVfStep
{
    VfId Vf { get; }
}

/// <summary>Records that a resource manages a PF, with the values found.</summary>
public sealed record ClaimPf(PfClaim Claim) : Step
{
    public override string ToString() =>
        $"record {Claim.Pf} as managed by {(Claim.Others.IsEmpty ? "resource" : "resources")} " +
        string.Join(", ", [Claim.Resource, .. Claim.Others]) +
        (Claim.OwesAutoprobe ? ", with sriov_drivers_autoprobe to be put back" : "");
}

public sealed record ReleasePf(PciAddress Pf) : Step
{
    public override string ToString() => $"record {Pf} as no longer managed";
}

/// <summary>Records what a PF was, for as long as a change of it may have to be undone.</summary>
public sealed record RecordChange(UnconfirmedChange Change) : Step
{
    public override string ToString() => Change.IsRegretted
        ? $"record that {Change.Before.Pf} is to stay what it was: {Change.Before}"
        : $"record what {Change.Before.Pf} was, until its change is confirmed: {Change.Before}";
}

public sealed record DropChange(PciAddress Pf) : Step
{
    public override string ToString() => $"forget what {Pf} was";
}

/// <summary>Loads a kernel module.</summary>
public sealed record LoadModule(string Module) : Step
{
    public override string ToString() => $"load module {Module}";
}

/// <param name="Pf">The PF.</param>
/// <param name="Name">Its netdev's name, for people.</param>
/// <param name="IfIndex">Its netdev's index.</param>
public sealed record SetLinkUp(PciAddress Pf, string Name, int IfIndex) : Step
{
    public override string ToString() => $"set {Name} up";

    public bool Equals(SetLinkUp? other) => other is not null && (Pf, IfIndex) == (other.Pf, other.IfIndex);

    public override int GetHashCode() => HashCode.Combine(Pf, IfIndex);
}

/// <param name="Pf">The PF.</param>
/// <param name="Name">Its netdev's name, for people.</param>
/// <param name="IfIndex">Its netdev's index.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="BlipsLink">The driver resets the PF for it.</param>
public sealed record SetMtu(PciAddress Pf, string Name, int IfIndex, int Mtu, bool BlipsLink = false) : Step
{
    public override Disruption Disruption => BlipsLink ? Disruption.PfLinkBlip : Disruption.None;

    public override string ToString() => $"set {Name} mtu to {Mtu}";

    public bool Equals(SetMtu? other) => other is not null && (Pf, IfIndex, Mtu) == (other.Pf, other.IfIndex, other.Mtu);

    public override int GetHashCode() => HashCode.Combine(Pf, IfIndex, Mtu);
}

/// <summary>Writes sriov_numvfs. The kernel goes from one count to another only over 0.</summary>
/// <param name="Pf">The PF.</param>
/// <param name="NumVfs">0 removes all VFs.</param>
/// <param name="BlipsLink">The driver resets the PF for it.</param>
public sealed record SetNumVfs(PciAddress Pf, int NumVfs, bool BlipsLink = false) : Step
{
    public override Disruption Disruption => BlipsLink ? Disruption.PfLinkBlip : NumVfs == 0 ? Disruption.AllVfs : Disruption.None;

    public override string ToString() => $"set {Pf} sriov_numvfs to {NumVfs}";

    public bool Equals(SetNumVfs? other) => other is not null && (Pf, NumVfs) == (other.Pf, other.NumVfs);

    public override int GetHashCode() => HashCode.Combine(Pf, NumVfs);
}

/// <summary>Sets what a PF's embedded switch does. The driver sets its ports up anew for it.</summary>
public sealed record SetEswitch(PciAddress Pf, EswitchMode Mode) : Step
{
    public override Disruption Disruption => Disruption.PfLinkBlip;

    public override string ToString() => $"set {Pf} eswitch mode to {Mode.Word()}";
}

/// <summary>Whether VFs made from now on are offered to drivers (sriov_drivers_autoprobe).</summary>
public sealed record SetAutoprobe(PciAddress Pf, bool On) : Step
{
    public override string ToString() => $"set {Pf} sriov_drivers_autoprobe to {(On ? 1 : 0)}";
}

/// <param name="Vf">The VF.</param>
/// <param name="Address">Its PCI address.</param>
/// <param name="Driver">null clears the override.</param>
public sealed record SetDriverOverride(VfId Vf, PciAddress Address, string? Driver) : Step, IVfStep
{
    public override string ToString() => Driver is null ? $"clear {Address} driver_override" : $"set {Address} driver_override to {Driver}";
}

public sealed record UnbindDriver(VfId Vf, PciAddress Address, string Driver) : Step, IVfStep
{
    public override Disruption Disruption => Disruption.VfReset;

    public override string ToString() => $"unbind {Address} from {Driver}";
}

/// <summary>Lets the kernel look for a VF's driver again (drivers_probe).</summary>
public sealed record ProbeDriver(VfId Vf, PciAddress Address) : Step, IVfStep
{
    public override string ToString() => $"probe a driver for {Address}";
}

/// <summary>Takes a VF's driver from it and gives it back, so that the driver asks for the VF's address again.</summary>
public sealed record RebindDriver(VfId Vf, PciAddress Address, string Driver) : Step, IVfStep
{
    public override Disruption Disruption => Disruption.VfReset;

    public override string ToString() => $"bind {Address} to {Driver} anew";
}

/// <summary>Sets an attribute of a VF through its PF.</summary>
/// <param name="PfName">The PF's netdev, for people.</param>
/// <param name="Request">What is asked for.</param>
public sealed record SetVf(string PfName, VfRequest Request) : Step, IVfStep
{
    public VfId Vf => Request.Vf;

    public override string ToString() => $"set {PfName} vf {Vf.Index} {Request.Setting}";

    public bool Equals(SetVf? other) => other is not null && Request == other.Request;

    public override int GetHashCode() => Request.GetHashCode();
}

/// <summary>Sets the MTU of a VF's netdev.</summary>
public sealed record SetVfMtu(VfId Vf, string Name, int IfIndex, int Mtu) : Step, IVfStep
{
    public override string ToString() => $"set {Name} mtu to {Mtu}";

    public bool Equals(SetVfMtu? other) => other is not null && (Vf, IfIndex, Mtu) == (other.Vf, other.IfIndex, other.Mtu);

    public override int GetHashCode() => HashCode.Combine(Vf, IfIndex, Mtu);
}

/// <summary>
/// Undoes what a container has left of a VF, when its network namespace has ended without a word to the plugin that had given it the VF. It does
/// nothing to a VF that a container has got since.
/// </summary>
public sealed record SettleLease(VfId Vf, Lease Lease) : Step, IVfStep
{
    public override string ToString() => $"make {Lease.Vf} what it was before {Lease} had it";
}

/// <summary>Records an attachment's ownership of its files and its VF. Valid only while the conflist folder is as the plan saw it.</summary>
public sealed record RecordAssignment(Assignment Assignment) : Step
{
    public override string ToString() => Assignment.Vf is { } vf
        ? $"assign {vf} to network attachment {Assignment.Attachment}"
        : $"record network attachment {Assignment.Attachment}";
}

public sealed record DropAssignment(string Attachment) : Step
{
    public override string ToString() => $"forget network attachment {Attachment}";
}

public sealed record RecordResource(string Resource) : Step
{
    public override string ToString() => $"record resource {Resource}";
}

public sealed record DropResource(string Resource) : Step
{
    public override string ToString() => $"forget resource {Resource}";
}

/// <summary>Writes a file of ours, atomically.</summary>
public sealed record WriteFile(OwnedFolder Folder, string FileName, string Content) : Step
{
    public override string ToString() => $"write {FileName}";
}

public sealed record RemoveFile(OwnedFolder Folder, string FileName) : Step
{
    public override string ToString() => $"remove {FileName}";
}

/// <summary>The folders that hold files of ours among those of others.</summary>
public enum OwnedFolder
{
    Conflists,
    CdiSpecs,
    PodmanNetworks,
}
