using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Linux.Netlink;
using VfAgent.Linux.Sysfs;

namespace VfAgent.Linux.Uevents;

/// <summary>The kernel's uevents, link messages and default routes, on a thread of their own.</summary>
internal sealed class KernelEventReader(string sysRoot, Action<KernelEvent> onEvent)
{
    // Bit 0 of NETLINK_KOBJECT_UEVENT is the kernel itself (bit 1 is udev), of NETLINK_ROUTE bit 0 is RTNLGRP_LINK, 6 RTNLGRP_IPV4_ROUTE and 10
    // RTNLGRP_IPV6_ROUTE.
    private const uint KernelGroup = 1;
    private const uint LinkGroup = 1;
    private const uint RouteGroups = (1 << 6) | (1 << 10);

    // A PF with 128 VFs says about a thousand things at once. This is a bound, not memory that is taken.
    private const int ReceiveBuffer = 8 << 20;

    /// <summary>All sockets are open when this returns: nothing that happens from then on is missed, until the thread is disposed.</summary>
    internal static IoResult<PollThread> Start(string sysRoot, Action<KernelEvent> onEvent)
    {
        IoResult<NetlinkSocket> uevents = Open(NetlinkSocket.KernelUevent, KernelGroup);
        IoResult<NetlinkSocket> links = Open(NetlinkSocket.Route, LinkGroup);
        IoResult<NetlinkSocket> routes = Open(NetlinkSocket.Route, RouteGroups);
        if (!uevents.Ok || !links.Ok || !routes.Ok)
        {
            uevents.Value?.Dispose();
            links.Value?.Dispose();
            routes.Value?.Dispose();
            return (uevents.Error ?? links.Error ?? routes.Error)!;
        }

        // A router of the internet changes its routes by the thousand: those would wake the thread for nothing.
        routes.Value.Filter(RouteMessage.IsOfNoLength);
        var reader = new KernelEventReader(sysRoot, onEvent);
        return PollThread.Start(
            "kernel events",
            new PollThread.Source(uevents.Value.Handle, () => reader.ReadUevents(uevents.Value)),
            new PollThread.Source(links.Value.Handle, () => reader.ReadLinks(links.Value)),
            new PollThread.Source(routes.Value.Handle, () => reader.ReadRoutes(routes.Value)));
    }

    private static IoResult<NetlinkSocket> Open(int protocol, uint groups)
    {
        IoResult<NetlinkSocket> socket = NetlinkSocket.Open(protocol, groups);

        // Needs CAP_NET_ADMIN; without it the default size stays and an overrun is reported a little sooner.
        socket.Value?.SetOption(Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, ReceiveBuffer);
        return socket;
    }

    private void ReadUevents(NetlinkSocket socket)
    {
        if (Receive(socket, out ReadOnlySpan<byte> datagram))
            ReportUevent(datagram);
    }

    private void ReadLinks(NetlinkSocket socket)
    {
        if (Receive(socket, out ReadOnlySpan<byte> datagram))
            ReportLinks(datagram);
    }

    private void ReadRoutes(NetlinkSocket socket)
    {
        if (Receive(socket, out ReadOnlySpan<byte> datagram) && RouteMessage.HasDefault(datagram))
            onEvent(new KernelEvent(KernelEventKind.Route, null));
    }

    private bool Receive(NetlinkSocket socket, out ReadOnlySpan<byte> datagram)
    {
        IoError? error = socket.Receive(Libc.MSG_DONTWAIT, "receive kernel events", out datagram);

        // ENOBUFS; whatever else it may be, something was there and is not read.
        if (error is { Errno: not Errno.EAGAIN })
            onEvent(new KernelEvent(KernelEventKind.Overrun, null));

        return error is null;
    }

    private void ReportUevent(ReadOnlySpan<byte> datagram)
    {
        if (Uevent.TryParse(datagram, out KernelEventKind kind, out PciAddress? device))
            onEvent(new KernelEvent(kind, device, PhysicalFunctionOf(device)));
    }

    private void ReportLinks(ReadOnlySpan<byte> datagram)
    {
        var reader = new NetlinkReader(datagram);
        while (reader.TryRead(out NetlinkMessage message))
        {
            if (message.Type != LinkMessage.Type || LinkMessage.Parse(message) is not { } link)
                continue;

            string? name = link.ParentDevice ?? SysfsFiles.ReadLink(Path.Combine(sysRoot, "class/net", link.Name, "device")).Value;
            PciAddress? device = PciAddress.TryParse(name, out PciAddress address) ? address : null;
            onEvent(new KernelEvent(KernelEventKind.Link, device, PhysicalFunctionOf(device)));
        }
    }

    private PciAddress? PhysicalFunctionOf(PciAddress? device)
    {
        if (device is null)
            return null;

        IoResult<string> link = SysfsFiles.ReadLink(Path.Combine(sysRoot, "bus/pci/devices", $"{device}", "physfn"));
        return PciAddress.TryParse(link.Value, out PciAddress parent) ? parent : null;
    }
}
