using System.Collections.Concurrent;
using System.Net;
using VfAgent.Core.Kernel;
using VfAgent.Core.Observed;

namespace VfAgent.Linux.Tests.Uevents;

public sealed class WatchTests : IDisposable
{
    private const int Loopback = 1;
    private const int Veth = 40;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _sys = new();
    private readonly BlockingCollection<KernelEvent> _events = [];
    private readonly LinuxKernel _kernel;

    public WatchTests() => _kernel = new LinuxKernel(_sys.Root);

    public void Dispose()
    {
        _kernel.Dispose();
        _events.Dispose();
        _sys.Dispose();
    }

    [Fact]
    public void A_new_link_is_an_uevent_and_a_link_message() => NetworkNamespace.Run(() =>
    {
        using IDisposable watch = _kernel.Watch(_events.Add);

        TestLinks.AddVeth(Veth, "v0");

        Await(new KernelEvent(KernelEventKind.Add, null));
        Await(new KernelEvent(KernelEventKind.Link, null));
    });

    [Fact]
    public void A_link_is_led_back_to_its_device_and_its_physical_function_through_sysfs() => NetworkNamespace.Run(() =>
    {
        _sys.Link("class/net/v0/device", "../../../0000:01:10.0");
        _sys.Link("bus/pci/devices/0000:01:10.0/physfn", "../0000:01:00.0");
        TestLinks.AddVeth(Veth, "v0");
        using IDisposable watch = _kernel.Watch(_events.Add);

        Assert.Null(_kernel.SetLinkUp(Veth, true));

        Await(new KernelEvent(KernelEventKind.Link, PciAddress.Parse("0000:01:10.0"), PciAddress.Parse("0000:01:00.0")));
    });

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void A_default_route_is_told_when_it_comes_and_when_it_goes(string prefix) => NetworkNamespace.Run(() =>
    {
        TestLinks.AddVeth(Veth, "v0");
        Assert.Null(_kernel.SetLinkUp(Veth, true));
        using IDisposable watch = _kernel.Watch(_events.Add);

        TestLinks.AddRoute(Veth, new IPNetwork(IPAddress.Parse(prefix), 0));
        Await(new KernelEvent(KernelEventKind.Route, null));
        TestLinks.RemoveRoute(Veth, new IPNetwork(IPAddress.Parse(prefix), 0));
        Await(new KernelEvent(KernelEventKind.Route, null));
    });

    [Fact]
    public void Events_that_the_kernel_had_to_drop_are_an_overrun_and_not_the_end() => NetworkNamespace.Run(() =>
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        using IDisposable watch = _kernel.Watch(kernelEvent =>
        {
            inside.Set();
            goOn.Wait();
            _events.Add(kernelEvent);
        });
        Toggle(1);
        Assert.True(inside.Wait(_patience, TestContext.Current.CancellationToken));

        // More than the 16 MiB that the kernel holds for the watch, at over 1 KiB a message.
        Toggle(10_000);
        goOn.Set();

        Await(new KernelEvent(KernelEventKind.Overrun, null));
        TestLinks.AddVeth(Veth, "v0");
        Await(new KernelEvent(KernelEventKind.Add, null));
    });

    [Fact]
    public void After_dispose_nothing_is_reported() => NetworkNamespace.Run(() =>
    {
        int reported = 0;
        IDisposable watch = _kernel.Watch(_ => Interlocked.Increment(ref reported));
        using IDisposable witness = _kernel.Watch(_events.Add);
        Toggle(1);
        Await(new KernelEvent(KernelEventKind.Link, null));

        watch.Dispose();
        watch.Dispose();
        int before = Volatile.Read(ref reported);
        Toggle(1000);
        TestLinks.AddVeth(Veth, "v0");

        Await(new KernelEvent(KernelEventKind.Add, null));
        Assert.Equal(before, Volatile.Read(ref reported));
    });

    [Fact]
    public void A_watch_can_be_disposed_from_inside_an_event() => NetworkNamespace.Run(() =>
    {
        IDisposable? watch = null;
        watch = _kernel.Watch(kernelEvent =>
        {
            Volatile.Read(ref watch)?.Dispose();
            _events.Add(kernelEvent);
        });

        Toggle(1);

        Await(new KernelEvent(KernelEventKind.Link, null));
        watch.Dispose();
    });

    [Fact]
    public void Watches_do_not_disturb_each_other() => NetworkNamespace.Run(() =>
    {
        using IDisposable one = _kernel.Watch(_events.Add);
        IDisposable other = _kernel.Watch(static _ => { });
        other.Dispose();

        Toggle(1);

        Await(new KernelEvent(KernelEventKind.Link, null));
    });

    private void Toggle(int times)
    {
        for (int time = 0; time < times; time++)
        {
            Assert.Null(_kernel.SetLinkUp(Loopback, true));
            Assert.Null(_kernel.SetLinkUp(Loopback, false));
        }
    }

    private void Await(KernelEvent expected)
    {
        while (_events.TryTake(out KernelEvent? kernelEvent, _patience))
        {
            if (kernelEvent == expected)
                return;
        }

        Assert.Fail($"no {expected}");
    }
}
