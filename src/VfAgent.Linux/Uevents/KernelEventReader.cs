using Microsoft.Win32.SafeHandles;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Linux.Netlink;
using VfAgent.Linux.Sysfs;

namespace VfAgent.Linux.Uevents;

/// <summary>One thread that sleeps in poll(2) until the kernel has a uevent or a link message, or until it is disposed.</summary>
internal sealed class KernelEventReader : IDisposable
{
    // Bit 0 of NETLINK_KOBJECT_UEVENT is the kernel itself (bit 1 is udev), bit 0 of NETLINK_ROUTE is RTNLGRP_LINK.
    private const uint KernelGroup = 1;
    private const uint LinkGroup = 1;

    // A PF with 128 VFs says about a thousand things at once. This is a bound, not memory that is taken.
    private const int ReceiveBuffer = 8 << 20;

    private readonly NetlinkSocket _uevents;
    private readonly NetlinkSocket _links;
    private readonly SafeFileHandle _stop;
    private readonly string _sysRoot;
    private readonly Action<KernelEvent> _onEvent;
    private readonly Thread _thread;
    private bool _disposed;

    private KernelEventReader(NetlinkSocket uevents, NetlinkSocket links, SafeFileHandle stop, string sysRoot, Action<KernelEvent> onEvent)
    {
        (_uevents, _links, _stop, _sysRoot, _onEvent) = (uevents, links, stop, sysRoot, onEvent);
        _thread = new Thread(Run) { IsBackground = true, Name = "kernel events" };
        _thread.UnsafeStart();
    }

    /// <summary>Both sockets are open when this returns: nothing that happens from then on is missed.</summary>
    internal static IoResult<KernelEventReader> Start(string sysRoot, Action<KernelEvent> onEvent)
    {
        IoResult<NetlinkSocket> uevents = Open(NetlinkSocket.KernelUevent, KernelGroup);
        IoResult<NetlinkSocket> links = Open(NetlinkSocket.Route, LinkGroup);
        SafeFileHandle stop = Libc.EventFd(0, Libc.EFD_CLOEXEC);
        IoError? error = stop.IsInvalid ? Libc.LastError("open an eventfd") : uevents.Error ?? links.Error;
        if (error is null)
            return new KernelEventReader(uevents.Value!, links.Value!, stop, sysRoot, onEvent);

        uevents.Value?.Dispose();
        links.Value?.Dispose();
        stop.Dispose();
        return error;
    }

    /// <summary>No event is reported after this returns, except to a caller that is itself inside one.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        _ = Libc.Write(_stop, BitConverter.GetBytes(1UL));
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    private static IoResult<NetlinkSocket> Open(int protocol, uint groups)
    {
        IoResult<NetlinkSocket> socket = NetlinkSocket.Open(protocol, groups);

        // Needs CAP_NET_ADMIN; without it the default size stays and an overrun is reported a little sooner.
        socket.Value?.SetOption(Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, ReceiveBuffer);
        return socket;
    }

    private void Run()
    {
        Span<Libc.PollDescriptor> sources = [Source(_stop), Source(_uevents.Handle), Source(_links.Handle)];
        while (true)
        {
            if (Libc.Poll(sources, (nuint)sources.Length, -1) < 0)
                continue;

            if (sources[0].ReturnedEvents != 0)
                break;

            if (sources[1].ReturnedEvents != 0 && Receive(_uevents, out ReadOnlySpan<byte> uevent))
                ReportUevent(uevent);

            if (sources[2].ReturnedEvents != 0 && Receive(_links, out ReadOnlySpan<byte> messages))
                ReportLinks(messages);
        }

        _uevents.Dispose();
        _links.Dispose();
        _stop.Dispose();
    }

    private static Libc.PollDescriptor Source(SafeFileHandle handle) =>
        new() { Descriptor = (int)handle.DangerousGetHandle(), Events = Libc.POLLIN };

    private bool Receive(NetlinkSocket socket, out ReadOnlySpan<byte> datagram)
    {
        IoError? error = socket.Receive(Libc.MSG_DONTWAIT, "receive kernel events", out datagram);

        // ENOBUFS; whatever else it may be, something was there and is not read.
        if (error is { Errno: not Errno.EAGAIN })
            _onEvent(new KernelEvent(KernelEventKind.Overrun, null));

        return error is null;
    }

    private void ReportUevent(ReadOnlySpan<byte> datagram)
    {
        if (Uevent.TryParse(datagram, out KernelEventKind kind, out PciAddress? device))
            _onEvent(new KernelEvent(kind, device, PhysicalFunctionOf(device)));
    }

    private void ReportLinks(ReadOnlySpan<byte> datagram)
    {
        var reader = new NetlinkReader(datagram);
        while (reader.TryRead(out NetlinkMessage message))
        {
            if (message.Type != LinkMessage.Type || LinkMessage.Parse(message) is not { } link)
                continue;

            string? name = link.ParentDevice ?? SysfsFiles.ReadLink(Path.Combine(_sysRoot, "class/net", link.Link.Name, "device")).Value;
            PciAddress? device = PciAddress.TryParse(name, out PciAddress address) ? address : null;
            _onEvent(new KernelEvent(KernelEventKind.Link, device, PhysicalFunctionOf(device)));
        }
    }

    private PciAddress? PhysicalFunctionOf(PciAddress? device)
    {
        if (device is null)
            return null;

        IoResult<string> link = SysfsFiles.ReadLink(Path.Combine(_sysRoot, "bus/pci/devices", $"{device}", "physfn"));
        return PciAddress.TryParse(link.Value, out PciAddress parent) ? parent : null;
    }
}
