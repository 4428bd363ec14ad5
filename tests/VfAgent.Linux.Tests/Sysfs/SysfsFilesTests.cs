using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Tests.Sysfs;

public sealed class SysfsFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LinuxKernel _kernel = new();

    public void Dispose()
    {
        _kernel.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("4\n", "4")]
    [InlineData("4", "4")]
    [InlineData("a\nb\n\n", "a\nb\n")]
    [InlineData("\n", "")]
    [InlineData("", "")]
    public void An_attribute_is_read_without_its_last_newline(string content, string expected) =>
        Assert.Equal(expected, _kernel.Read(_folder.File("attribute", content)).Value);

    [Fact]
    public void More_than_one_page_is_read_whole()
    {
        string content = string.Join('\n', Enumerable.Range(0, 5000));

        Assert.Equal(content, _kernel.Read(_folder.File("long", content)).Value);
    }

    [Fact]
    public void A_failed_read_is_the_errno_of_open_or_read()
    {
        Assert.Equal(Errno.ENOENT, _kernel.Read(_folder.At("none")).Error?.Errno);
        Assert.Equal(Errno.EISDIR, _kernel.Read(_folder.Root).Error?.Errno);
        Assert.Equal(Errno.EIO, _kernel.Read("/proc/self/mem").Error?.Errno);
        Assert.Equal(Errno.ENOTDIR, _kernel.Read(Path.Combine(_folder.File("file", ""), "below")).Error?.Errno);
    }

    [Fact]
    public void A_list_has_every_kind_of_entry_in_ordinal_order()
    {
        _folder.File("b", "");
        _folder.File("B", "");
        _folder.File("folder/inner", "");
        _folder.Link("virtfn0", "../0000:01:10.0");

        Assert.Equal(["B", "b", "folder", "virtfn0"], _kernel.List(_folder.Root).Value);
        Assert.Equal(Errno.ENOENT, _kernel.List(_folder.At("none")).Error?.Errno);
        Assert.Equal(Errno.ENOTDIR, _kernel.List(_folder.At("b")).Error?.Errno);
    }

    [Fact]
    public void A_link_reads_as_the_last_segment_of_its_target()
    {
        Assert.Equal("igbvf", _kernel.ReadLink(_folder.Link("driver", "../../../bus/pci/drivers/igbvf")).Value);
        Assert.Equal("plain", _kernel.ReadLink(_folder.Link("plain-link", "plain")).Value);
        Assert.Equal(Errno.EINVAL, _kernel.ReadLink(_folder.File("file", "")).Error?.Errno);
        Assert.Equal(Errno.ENOENT, _kernel.ReadLink(_folder.At("none")).Error?.Errno);
    }

    [Fact]
    public void What_a_dangling_link_leads_to_does_not_exist()
    {
        Assert.True(_kernel.Exists(_folder.Root));
        Assert.True(_kernel.Exists(_folder.File("file", "")));
        Assert.False(_kernel.Exists(_folder.At("none")));
        Assert.False(_kernel.Exists(_folder.Link("dangling", "none")));
    }

    [Fact]
    public void Writing_neither_creates_nor_truncates()
    {
        string path = _folder.File("attribute", "abcdef");

        Assert.Null(_kernel.Write(path, "xy"));

        Assert.Equal("xycdef", File.ReadAllText(path));
        Assert.Equal(Errno.ENOENT, _kernel.Write(_folder.At("none"), "xy")?.Errno);
        Assert.False(File.Exists(_folder.At("none")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Writing_is_exactly_one_system_call(int length)
    {
        string path = _folder.File("attribute", "");
        long before = WritesOfThisThread();

        Assert.Null(_kernel.Write(path, new string('x', length)));

        Assert.Equal(before + 1, WritesOfThisThread());
        Assert.Equal(length, new FileInfo(path).Length);
    }

    [Fact]
    public void A_failed_write_says_what_was_tried()
    {
        Assert.Equal($"write 4 to {_folder.Root}: EISDIR", _kernel.Write(_folder.Root, "4\n")?.ToString());
        Assert.Equal(Errno.ENOSPC, _kernel.Write("/dev/full", "4")?.Errno);
    }

    [Fact]
    public void Writing_nothing_is_EINVAL_since_no_driver_would_see_it() =>
        Assert.Equal(Errno.EINVAL, _kernel.Write(_folder.File("attribute", ""), "")?.Errno);

    private static long WritesOfThisThread() =>
        long.Parse(File.ReadLines("/proc/thread-self/io").Single(line => line.StartsWith("syscw", StringComparison.Ordinal)).Split(' ')[1]);
}
