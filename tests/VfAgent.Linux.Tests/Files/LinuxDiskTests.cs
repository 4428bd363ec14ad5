using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Linux.Files;

namespace VfAgent.Linux.Tests.Files;

public sealed class LinuxDiskTests : IDisposable
{
    private const int OwnerOnly = 0b110_000_000;
    private const int EveryoneReads = 0b110_100_100;

    private readonly TemporaryFolder _folder = new();
    private readonly LinuxDisk _disk = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = _folder.At("f");

        Assert.Null(_disk.Write(path, "hello"u8, EveryoneReads));

        Assert.Equal("hello"u8.ToArray(), _disk.Read(path).Value);
    }

    [Fact]
    public void Writing_replaces_a_longer_content()
    {
        string path = _folder.File("f", "something long");

        Assert.Null(_disk.Write(path, "short"u8, EveryoneReads));

        Assert.Equal("short", File.ReadAllText(path));
    }

    [Theory]
    [InlineData(0b110_000_000)]
    [InlineData(0b110_100_100)]
    [InlineData(0b110_110_110)]
    public void The_mode_is_exact_whatever_the_umask_is(int mode)
    {
        string fresh = _folder.At("fresh"), old = _folder.File("old", "");
        File.SetUnixFileMode(old, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherExecute);

        Assert.Null(_disk.Write(fresh, "x"u8, mode));
        Assert.Null(_disk.Write(old, "x"u8, mode));

        Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(fresh));
        Assert.Equal((UnixFileMode)mode, File.GetUnixFileMode(old));
    }

    [Fact]
    public void Writing_does_not_follow_a_symbolic_link()
    {
        string target = _folder.File("target", "precious");
        string link = _folder.Link("link", target);

        Assert.Equal(Errno.ELOOP, _disk.Write(link, "x"u8, EveryoneReads)?.Errno);

        Assert.Equal("precious", File.ReadAllText(target));
    }

    [Fact]
    public void A_file_of_the_limit_is_read_and_one_byte_more_is_EFBIG()
    {
        string path = _folder.File("f", new string('x', 100));

        Assert.Equal(100, _disk.Read(path, limit: 100).Value?.Length);
        Assert.Equal(Errno.EFBIG, _disk.Read(path, limit: 99).Error?.Errno);
    }

    [Fact]
    public void A_file_that_claims_no_size_is_read_to_its_end_and_no_further_than_the_limit()
    {
        // procfs says 0 of every file, as a file that grows after the look at its size would.
        byte[]? status = _disk.Read("/proc/self/status").Value;

        Assert.StartsWith("Name:", Encoding.ASCII.GetString(status!), StringComparison.Ordinal);
        Assert.Equal(Errno.EFBIG, _disk.Read("/proc/self/status", limit: 50).Error?.Errno);
    }

    [Fact]
    public void Only_regular_files_are_read()
    {
        Assert.Equal(Errno.ENOENT, _disk.Read(_folder.At("none")).Error?.Errno);
        Assert.Equal(Errno.EISDIR, _disk.Read(_folder.Root).Error?.Errno);
        Assert.Equal(Errno.EINVAL, _disk.Read("/dev/null").Error?.Errno);
    }

    [Fact]
    public void A_list_has_files_and_links_to_files_in_ordinal_order()
    {
        _folder.File("b", "");
        _folder.File("B", "");
        _folder.File("a", "");
        _folder.File("folder/inner", "");
        _folder.Link("link", _folder.At("a"));
        _folder.Link("link-to-folder", _folder.At("folder"));
        _folder.Link("link-to-nothing", _folder.At("none"));

        Assert.Equal(["B", "a", "b", "link"], _disk.List(_folder.Root).Value);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_ENOENT()
    {
        Assert.Equal(Errno.ENOENT, _disk.List(_folder.At("none")).Error?.Errno);
        Assert.Equal(Errno.ENOENT, _disk.Sync(_folder.At("none"))?.Errno);
        Assert.Equal(Errno.ENOENT, _disk.Write(_folder.At("none/f"), "x"u8, OwnerOnly)?.Errno);
    }

    [Fact]
    public void Files_and_folders_are_synced()
    {
        Assert.Null(_disk.Sync(_folder.File("f", "x")));
        Assert.Null(_disk.Sync(_folder.Root));
    }

    [Fact]
    public void A_rename_over_a_file_gives_it_another_inode()
    {
        string path = _folder.File("f", "old"), next = _folder.File("next", "new");
        FileStamp before = _disk.Stat(path).Value;

        Assert.Null(_disk.Rename(next, path));

        Assert.NotEqual(before.Inode, _disk.Stat(path).Value.Inode);
        Assert.Equal(Errno.ENOENT, _disk.Stat(next).Error?.Errno);
    }

    [Fact]
    public void A_stamp_tells_size_and_time_to_the_nanosecond()
    {
        string path = _folder.File("f", "hello");
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddTicks(12_345_678));

        FileStamp stamp = _disk.Stat(path).Value;

        Assert.Equal(5, stamp.Size);
        Assert.Equal(1_234_567_800, stamp.ModifiedTicks);
    }

    [Fact]
    public void Deleting_what_is_not_there_is_ENOENT()
    {
        string path = _folder.File("f", "");

        Assert.Null(_disk.Delete(path));

        Assert.Equal(Errno.ENOENT, _disk.Delete(path)?.Errno);
        Assert.Equal(Errno.EISDIR, _disk.Delete(_folder.Root)?.Errno);
    }

    [Fact]
    public void Folders_are_created_with_their_parents_and_mode_755()
    {
        string path = _folder.At("a/b/c");

        Assert.Null(_disk.CreateDirectory(path));
        Assert.Null(_disk.CreateDirectory(path));

        Assert.Equal((UnixFileMode)0b111_101_101, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_file_in_the_place_of_a_folder_is_EEXIST()
    {
        string file = _folder.File("f", "");

        Assert.Equal(Errno.EEXIST, _disk.CreateDirectory(file)?.Errno);
        Assert.Equal(Errno.EEXIST, _disk.CreateDirectory(Path.Combine(file, "inner"))?.Errno);
    }

    [Fact]
    public void Durable_files_leave_the_target_and_nothing_else()
    {
        var files = new DurableFiles(_disk);
        string path = _folder.File("f", "old");

        Assert.Null(files.Write(path, "new"u8, OwnerOnly));

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal((UnixFileMode)OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal(["f"], _disk.List(_folder.Root).Value);
        Assert.Null(files.Delete(path));
        Assert.Null(files.Delete(path));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void A_lock_is_had_by_one_and_the_next_waits_for_it()
    {
        string path = _folder.At("lock");
        List<string> order = [];
        IDisposable first = _disk.Lock(path).Value!;
        var next = new Thread(() =>
        {
            using IDisposable second = _disk.Lock(path).Value!;
            order.Add("second");
        });
        next.Start();
        string inode = $":{_disk.Stat(path).Value.Inode} ";
        Assert.True(SpinWait.SpinUntil(() => File.ReadLines("/proc/locks").Any(line => line.Contains("->") && line.Contains(inode)), TimeSpan.FromSeconds(30)));

        Assert.Equal(Errno.EAGAIN, _disk.Lock(path, wait: false).Error?.Errno);
        order.Add("first");
        first.Dispose();
        next.Join();

        Assert.Equal(["first", "second"], order);
        Assert.Equal((UnixFileMode)OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal(Errno.ENOENT, _disk.Lock(_folder.At("missing/lock")).Error?.Errno);
    }
}
