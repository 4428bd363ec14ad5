using VfAgent.Core.Kernel;
using VfAgent.Simulation.Hardware;

namespace VfAgent.Simulation.Tree;

/// <summary>A network link's folder (net/core/net-sysfs.c).</summary>
internal static class NetdevTree
{
    private const int IffUp = 0x1;
    private const int IffBroadcast = 0x2;
    private const int IffLoopback = 0x8;
    private const int IffMulticast = 0x1000;

    public static string PathOf(Netdev netdev) => $"{netdev.Home}/net/{netdev.Name}";

    public static Folder Of(Machine machine, Netdev netdev) => netdev.Folder ??= Build(machine, netdev);

    private static Folder Build(Machine machine, Netdev netdev) => new Folder()
        .Link("device", () => netdev.Device is null ? null : netdev.Home)
        .Link("subsystem", () => "/sys/class/net")
        .File("address", () => netdev.Mac)
        .File("addr_assign_type", () => netdev.MacIsRandom ? 1 : 0)
        .File("flags", () => $"0x{Flags(netdev):x}")
        .File("ifindex", () => netdev.Index)
        .File("iflink", () => netdev.Index)
        .File("mtu", () => netdev.Mtu, (value, _) => WriteMtu(machine, netdev, value))
        .File("operstate", () => netdev.OperState)
        .File("type", () => netdev.Device is null ? 772 : 1)
        .File("carrier", () => netdev.Up ? netdev.Carrier || netdev.Device is null ? 1 : 0 : Errno.EINVAL)
        .File("speed", () => Speed(netdev))
        .File("duplex", () => netdev is not { Up: true, Device: not null } ? Errno.EINVAL : netdev.Carrier ? "full" : "unknown")
        .File("phys_port_name", () => PortName(netdev) is { } name ? name : Errno.EOPNOTSUPP)
        .File("phys_port_id", () => Errno.EOPNOTSUPP)
        .File("phys_switch_id", () => SwitchId(netdev) is { } id ? id : Errno.EOPNOTSUPP)
        .Each(
            () => netdev.Upper is { } upper ? ["master", $"upper_{upper}"] : [],
            name => netdev.Upper is { } upper && (name == "master" || name == $"upper_{upper}")
                ? new SymbolicLink($"/sys/devices/virtual/net/{upper}")
                : null);

    private static int Flags(Netdev netdev) =>
        (netdev.Up ? IffUp : 0) | (netdev.Device is null ? IffLoopback : IffBroadcast | IffMulticast);

    private static string? PortName(Netdev netdev) =>
        netdev.Represents is { } vf ? $"pf0vf{vf}" : netdev.Device is { Nic.PortName: { } name, PhysFn: null } ? name : null;

    // The same for all ports of one switch; drivers take the PF's own address for it.
    private static string? SwitchId(Netdev netdev) =>
        netdev.Device is { Sriov.Eswitch: EswitchMode.Switchdev } pf ? pf.NetdevMac?.Replace(":", "", StringComparison.Ordinal) : null;

    private static Text Speed(Netdev netdev)
    {
        if (!netdev.Up || netdev.Device is null)
            return Errno.EINVAL;

        // SPEED_UNKNOWN
        return netdev.Carrier ? netdev.Device.Nic?.SpeedMbps ?? -1 : -1;
    }

    private static Errno? WriteMtu(Machine machine, Netdev netdev, string value) =>
        KernelText.TryParseUnsigned(value, int.MaxValue, out int mtu) ? machine.Links.SetMtu(netdev, mtu)?.Errno : Errno.EINVAL;
}
