using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>Calls that block, as a write of 0 does while a virtual machine holds a VF.</summary>
public sealed class HangTests : IDisposable
{
    private const string NumVfs = $"{Host.Pf}/sriov_numvfs";

    private readonly Host _host = new();

    [Fact]
    public async Task Zero_blocks_while_a_vf_is_open_through_vfio_and_succeeds_when_it_is_closed()
    {
        _host.SetNumVfs(4);
        _host.ToVfio(Host.Vf1Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf1Address);
        Task<IoError?> write = _host.Kernel.RunAsync(() => _host.Kernel.Write(NumVfs, "0"));
        Assert.False(write.IsCompleted);
        Assert.Equal("virtfn2 virtfn3", Virtfns());
        Assert.False(_host.Kernel.Exists(Host.Vf0));
        Assert.Equal("4", _host.Read(NumVfs));

        _host.Kernel.CloseVfio(pid);
        Assert.True(write.IsCompletedSuccessfully);
        Assert.Null(await write);
        Assert.Equal("0", _host.Read(NumVfs));
        Assert.Equal(string.Empty, Virtfns());
        Assert.Equal("vfio", _host.List("/dev/vfio"));
    }

    [Fact]
    public void The_process_that_holds_a_vf_is_found_by_its_open_files()
    {
        _host.SetNumVfs(1);
        _host.ToVfio(Host.Vf0Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf0Address, "dpdk-testpmd");
        Assert.Equal("dpdk-testpmd", _host.Read($"/proc/{pid}/comm"));
        Assert.Equal(_host.Follow($"{Host.Vf0}/iommu_group"), _host.Follow($"/proc/{pid}/fd/4"));
        _host.Kernel.CloseVfio(pid);
        Assert.False(_host.Kernel.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task Unbinding_vfio_blocks_while_the_device_is_open()
    {
        _host.SetNumVfs(1);
        _host.ToVfio(Host.Vf0Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf0Address);
        Task<IoError?> unbind = _host.Kernel.RunAsync(() => _host.Kernel.Write($"{Host.Vf0}/driver/unbind", "0000:02:10.0"));
        Assert.False(unbind.IsCompleted);
        Assert.Equal("vfio-pci", _host.Follow($"{Host.Vf0}/driver"));
        _host.Kernel.CloseVfio(pid);
        Assert.Null(await unbind);
        Assert.Equal("ENOENT", _host.Follow($"{Host.Vf0}/driver"));
    }

    [Fact]
    public async Task A_new_count_waits_behind_a_removal_that_blocks()
    {
        _host.SetNumVfs(1);
        _host.ToVfio(Host.Vf0Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf0Address);
        Task<IoError?> zero = _host.Kernel.RunAsync(() => _host.Kernel.Write(NumVfs, "0"));
        Task<IoError?> four = _host.Kernel.RunAsync(() => _host.Kernel.Write(NumVfs, "4"));
        Assert.False(zero.IsCompleted || four.IsCompleted);
        _host.Kernel.CloseVfio(pid);
        Assert.Null(await zero);
        Assert.Null(await four);
        Assert.Equal("4", _host.Read(NumVfs));
    }

    [Fact]
    public async Task Work_that_was_unwound_makes_no_call_twice()
    {
        using var host = new Host();
        host.World.Faults = call => call.Path.EndsWith("sriov_numvfs", StringComparison.Ordinal) && call.Mutates ? Fault.Hang : Fault.None;
        Task<string> work = host.Kernel.RunAsync(() =>
        {
            string before = host.Kernel.Read(NumVfs).Value!;
            host.Kernel.Write($"{Host.Pf}/driver_override", "igb\n");
            IoError? error = host.Kernel.Write(NumVfs, "2");
            return $"{before} {error} {host.Kernel.Read(NumVfs).Value}";
        });
        Assert.False(work.IsCompleted);
        Assert.Equal((1, 2), (host.World.Reads, host.World.Writes));
        Assert.Single(host.World.Log);

        // Someone else changes what the work has read and written: it knows what it knows.
        Assert.Null(host.Write($"{Host.Pf}/driver_override", "\n"));
        host.World.ReleaseHangs();
        Assert.Equal("0  2", await work);
        Assert.Equal("(null)", host.Read($"{Host.Pf}/driver_override"));
        Assert.Equal(["driver_override", "driver_override", "sriov_numvfs"], host.World.Log.Select(logged => Path.GetFileName(logged.Call.Path)));
    }

    [Fact]
    public async Task Other_work_goes_on_while_one_call_hangs()
    {
        _host.World.Faults = call => call is { Path: NumVfs, Mutates: true } ? Fault.Hang : Fault.None;
        Task<IoError?> hung = _host.Kernel.RunAsync(() => _host.Kernel.Write(NumVfs, "2"));
        Assert.Null(await _host.Kernel.RunAsync(() => _host.Kernel.Write("/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "2")));
        Assert.False(hung.IsCompleted);
    }

    [Fact]
    public void Work_that_does_not_block_is_done_at_once()
    {
        Task<string> read = _host.Kernel.RunAsync(() => _host.Read(NumVfs));
        Assert.True(read.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_exception_of_the_work_is_the_tasks()
    {
        Task<int> work = _host.Kernel.RunAsync<int>(() => throw new InvalidOperationException("a bug"));
        Assert.Equal("a bug", (await Assert.ThrowsAsync<InvalidOperationException>(() => work)).Message);
    }

    [Fact]
    public void Blocking_outside_of_such_work_is_a_bug_and_says_so()
    {
        _host.World.Faults = _ => Fault.Hang;
        var bug = Assert.Throws<InvalidOperationException>(() => _host.Kernel.Write(NumVfs, "2"));
        Assert.Contains("RunAsync", bug.Message, StringComparison.Ordinal);
        _host.World.Faults = null;
        _host.World.ReleaseHangs();
        Assert.Equal("0", _host.Read(NumVfs));
    }

    [Fact]
    public async Task A_process_killed_in_a_call_never_returns_and_its_call_still_has_its_effect()
    {
        _host.SetNumVfs(1);
        _host.ToVfio(Host.Vf0Address);
        int pid = _host.Kernel.OpenVfio(Host.Vf0Address);
        Task<IoError?> write = _host.Kernel.RunAsync(() => _host.Kernel.Write(NumVfs, "0"));
        _host.World.Restart();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => write);
        _host.Kernel.CloseVfio(pid);
        Assert.Equal("0", _host.Read(NumVfs));
    }

    public void Dispose() => _host.Dispose();

    private string Virtfns() =>
        string.Join(' ', _host.Kernel.List(Host.Pf).Value!.Where(name => name.StartsWith("virtfn", StringComparison.Ordinal)));
}
