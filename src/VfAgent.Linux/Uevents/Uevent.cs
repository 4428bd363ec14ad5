using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Linux.Uevents;

/// <summary>
/// The kernel's uevent datagram: <c>ACTION@DEVPATH</c>, NUL, then <c>KEY=VALUE</c> pairs (lib/kobject_uevent.c). Only the first part is
/// needed.
/// </summary>
internal static class Uevent
{
    /// <summary>false for what is no uevent and for actions that say nothing of VFs (online, offline).</summary>
    internal static bool TryParse(ReadOnlySpan<byte> datagram, out KernelEventKind kind, out PciAddress? device)
    {
        ReadOnlySpan<byte> title = datagram[..(datagram.IndexOf((byte)0) is var end and >= 0 ? end : datagram.Length)];
        int at = title.IndexOf((byte)'@');
        device = at < 0 ? null : LastPciAddress(title[(at + 1)..]);
        return TryParseAction(title[..Math.Max(at, 0)], out kind);
    }

    private static bool TryParseAction(ReadOnlySpan<byte> action, out KernelEventKind kind)
    {
        KernelEventKind? known = action switch
        {
            _ when action.SequenceEqual("add"u8) => KernelEventKind.Add,
            _ when action.SequenceEqual("remove"u8) => KernelEventKind.Remove,
            _ when action.SequenceEqual("change"u8) => KernelEventKind.Change,
            _ when action.SequenceEqual("bind"u8) => KernelEventKind.Bind,
            _ when action.SequenceEqual("unbind"u8) => KernelEventKind.Unbind,
            _ when action.SequenceEqual("move"u8) => KernelEventKind.Move,
            _ => null,
        };
        kind = known.GetValueOrDefault();
        return known is not null;
    }

    // /devices/pci0000:00/0000:00:10.0/0000:01:10.0/net/eth0: the root port, then the function that it is about.
    private static PciAddress? LastPciAddress(ReadOnlySpan<byte> path)
    {
        const int AddressLength = 12;
        while (path.LastIndexOf((byte)'/') is var slash and >= 0)
        {
            ReadOnlySpan<byte> segment = path[(slash + 1)..];
            if (segment.Length == AddressLength && PciAddress.TryParse(Encoding.ASCII.GetString(segment), out PciAddress address))
                return address;

            path = path[..slash];
        }

        return null;
    }
}
