using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

/// <summary>sriov_numvfs and its neighbours: each refusal as it was measured, or as drivers/pci/iov.c has it.</summary>
public sealed class NumVfsTests : IDisposable
{
    private const string NumVfs = $"{Host.Pf}/sriov_numvfs";

    private readonly Host _host = new();

    [Theory]
    [InlineData("4")]
    [InlineData("1")]
    public void Writing_another_count_over_existing_vfs_is_EBUSY(string count)
    {
        _host.SetNumVfs(2);
        Assert.Equal(Errno.EBUSY, _host.Write(NumVfs, count));
        Assert.Equal("2", _host.Read(NumVfs));
    }

    [Fact]
    public void Writing_the_current_count_changes_nothing()
    {
        _host.SetNumVfs(2);
        string mac = _host.Read($"{Host.Vf0}/net/eth4/address");
        List<string> events = _host.Events();
        _host.SetNumVfs(2);
        Assert.Empty(events);
        Assert.Equal(mac, _host.Read($"{Host.Vf0}/net/eth4/address"));
    }

    [Fact]
    public void More_than_totalvfs_is_ERANGE_with_and_without_vfs()
    {
        Assert.Equal(Errno.ERANGE, _host.Write(NumVfs, "8\n"));
        _host.SetNumVfs(2);
        Assert.Equal(Errno.ERANGE, _host.Write(NumVfs, "8\n"));
    }

    [Theory]
    [InlineData("-1\n")]
    [InlineData("abc\n")]
    [InlineData("\n")]
    [InlineData(" 3\n")]
    [InlineData("65536\n")]
    [InlineData("3\n\n")]
    [InlineData("0x\n")]
    [InlineData("+\n")]
    [InlineData("08\n")]
    [InlineData("99999999999999999999\n")]
    public void What_is_no_number_is_EINVAL(string value) => Assert.Equal(Errno.EINVAL, _host.Write(NumVfs, value));

    [Theory]
    [InlineData("3", "3")]
    [InlineData("0x3\n", "3")]
    [InlineData("+3\n", "3")]
    [InlineData("07\n", "7")]
    public void Numbers_in_C_are_taken(string value, string count)
    {
        Assert.Null(_host.Write(NumVfs, value));
        Assert.Equal(count, _host.Read(NumVfs));
    }

    [Theory]
    [InlineData("sriov_totalvfs")]
    [InlineData("sriov_offset")]
    [InlineData("sriov_stride")]
    [InlineData("sriov_vf_device")]
    [InlineData("vendor")]
    public void Read_only_attributes_are_EACCES(string attribute) =>
        Assert.Equal(Errno.EACCES, _host.Write($"{Host.Pf}/{attribute}", "3\n"));

    [Theory]
    [InlineData("2")]
    [InlineData("x")]
    [InlineData("\n")]
    public void Autoprobe_takes_only_a_boolean(string value)
    {
        Assert.Equal(Errno.EINVAL, _host.Write($"{Host.Pf}/sriov_drivers_autoprobe", value));
        Assert.Equal("1", _host.Read($"{Host.Pf}/sriov_drivers_autoprobe"));
    }

    [Theory]
    [InlineData("0\n", "0")]
    [InlineData("n", "0")]
    [InlineData("off", "0")]
    [InlineData("y", "1")]
    public void Autoprobe_takes_every_boolean_of_the_kernel(string value, string shown)
    {
        Assert.Null(_host.Write($"{Host.Pf}/sriov_drivers_autoprobe", value));
        Assert.Equal(shown, _host.Read($"{Host.Pf}/sriov_drivers_autoprobe"));
    }

    [Fact]
    public void Without_a_pf_driver_it_is_ENOENT_but_for_the_current_count()
    {
        Assert.Null(_host.Write($"{Host.Pf}/driver/unbind", "0000:02:00.0"));
        Assert.Equal(Errno.ENOENT, _host.Write(NumVfs, "2"));
        Assert.Null(_host.Write(NumVfs, "0"));
    }

    [Fact]
    public void Zero_removes_the_vfs_and_what_belongs_to_them()
    {
        _host.SetNumVfs(4);
        string group = _host.Follow($"{Host.Vf0}/iommu_group");
        _host.SetNumVfs(0);
        Assert.Equal("0", _host.Read(NumVfs));
        Assert.False(_host.Kernel.Exists($"{Host.Pf}/virtfn0"));
        Assert.False(_host.Kernel.Exists(Host.Vf0));
        Assert.False(_host.Kernel.Exists("/sys/class/net/eth4"));
        Assert.False(_host.Kernel.Exists($"/sys/kernel/iommu_groups/{group}"));
    }

    [Fact]
    public void New_vfs_get_new_locally_administered_macs_each_time()
    {
        _host.SetNumVfs(2);
        string first = _host.Read($"{Host.Vf0}/net/eth4/address");
        _host.SetNumVfs(0);
        _host.SetNumVfs(2);
        string second = _host.Read($"{Host.Vf0}/net/eth4/address");
        Assert.NotEqual(first, second);
        Assert.All([first, second], mac => Assert.Equal(2, Convert.ToByte(mac[..2], 16) & 3));
        Assert.Matches("^([0-9a-f]{2}:){5}[0-9a-f]{2}$", first);
    }

    [Fact]
    public void Unbinding_the_pf_removes_its_vfs()
    {
        _host.SetNumVfs(2);
        Assert.Null(_host.Write($"{Host.Pf}/driver/unbind", "0000:02:00.0"));
        Assert.False(_host.Kernel.Exists(Host.Vf0));
        Assert.False(_host.Kernel.Exists("/sys/class/net/eth3"));
        Assert.Null(_host.Write(Host.DriversProbe, "0000:02:00.0"));
        Assert.Equal("eth3 0", $"{_host.List($"{Host.Pf}/net")} {_host.Read(NumVfs)}");
    }

    [Fact]
    public void A_bnxt_that_is_down_says_yes_and_does_nothing()
    {
        using var host = new Host("bnxt:2");
        host.SetNumVfs(4);
        Assert.Equal("0", host.Read(NumVfs));
        Assert.Null(host.Kernel.SetLinkUp(host["eth3"], up: true));
        host.SetNumVfs(4);
        Assert.Equal("4", host.Read(NumVfs));
    }

    public void Dispose() => _host.Dispose();
}
