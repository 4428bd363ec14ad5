using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;
using VfAgent.Linux.Uevents;

namespace VfAgent.Linux.Tests.Uevents;

public sealed class UeventTests
{
    [Theory]
    [InlineData("add@/devices/pci0000:00/0000:00:10.0/0000:01:10.0\0ACTION=add\0SEQNUM=1\0", KernelEventKind.Add, "0000:01:10.0")]
    [InlineData("add@/devices/pci0000:00/0000:00:10.0/0000:01:10.0/net/eth0/queues/rx-0\0", KernelEventKind.Add, "0000:01:10.0")]
    [InlineData("remove@/devices/pci0000:00/0000:00:10.0/0000:01:00.0/net/enp1s0\0", KernelEventKind.Remove, "0000:01:00.0")]
    [InlineData("change@/devices/pci0000:00/0000:00:10.0/0000:01:00.0\0", KernelEventKind.Change, "0000:01:00.0")]
    [InlineData("bind@/devices/pci0000:00/0000:00:10.0/0000:01:10.0", KernelEventKind.Bind, "0000:01:10.0")]
    [InlineData("unbind@/devices/pci0000:00/0000:00:10.0/0000:01:10.0\0", KernelEventKind.Unbind, "0000:01:10.0")]
    [InlineData("move@/devices/pci0000:00/0000:00:10.0/0000:01:10.0/net/enp1s0v0\0", KernelEventKind.Move, "0000:01:10.0")]
    [InlineData("add@/devices/virtual/vfio/11\0", KernelEventKind.Add, null)]
    [InlineData("add@/devices/pci0000:00\0", KernelEventKind.Add, null)]
    [InlineData("add@/module/igbvf\0", KernelEventKind.Add, null)]
    [InlineData("add@\0", KernelEventKind.Add, null)]
    public void Kind_and_device_are_in_the_first_line(string datagram, KernelEventKind kind, string? device)
    {
        Assert.True(Uevent.TryParse(Encoding.UTF8.GetBytes(datagram), out KernelEventKind parsedKind, out PciAddress? parsedDevice));

        Assert.Equal((kind, device), (parsedKind, parsedDevice?.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0")]
    [InlineData("add")]
    [InlineData("@/devices/pci0000:00/0000:00:10.0")]
    [InlineData("online@/devices/system/cpu/cpu1\0")]
    [InlineData("libudev\0þíÊþ(\0\0\0")]
    public void Anything_else_is_no_event(string datagram) =>
        Assert.False(Uevent.TryParse(Encoding.UTF8.GetBytes(datagram), out _, out _));
}
