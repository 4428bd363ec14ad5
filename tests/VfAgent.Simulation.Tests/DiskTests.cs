using System.Text;
using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

public sealed class DiskTests : IDisposable
{
    private const string Folder = "/etc/cni/net.d";
    private const string Path = $"{Folder}/a.conflist";

    private readonly Host _host = new();

    public DiskTests() => Assert.Null(_host.Disk.CreateDirectory(Folder));

    private SimulatedDisk Disk => _host.Disk;

    [Fact]
    public void What_is_written_is_read()
    {
        Assert.Null(Write(Path, "one"));
        Assert.Equal("one", Encoding.UTF8.GetString(Disk.Read(Path).Value!));
        Assert.Equal(new SimulatedFile("one", 0b110_100_100), Disk.Look(Path));
    }

    [Fact]
    public void More_than_the_limit_is_EFBIG()
    {
        Assert.Null(Write(Path, "four"));
        Assert.True(Disk.Read(Path, limit: 4).Ok);
        Assert.Equal(Errno.EFBIG, Disk.Read(Path, limit: 3).Error?.Errno);
    }

    [Fact]
    public void A_list_has_the_files_in_ordinal_order_and_no_folders()
    {
        foreach (string name in new[] { "b", "B", "a" })
            Assert.Null(Write($"{Folder}/{name}", name));

        Assert.Null(Disk.CreateDirectory($"{Folder}/sub"));
        Assert.Equal(["B", "a", "b"], Disk.List(Folder).Value!);
    }

    [Fact]
    public void Errors_are_those_of_a_file_system()
    {
        Assert.Null(Write(Path, "one"));
        Assert.Equal(Errno.ENOENT, Disk.Read($"{Folder}/none").Error?.Errno);
        Assert.Equal(Errno.EISDIR, Disk.Read(Folder).Error?.Errno);
        Assert.Equal(Errno.ENOENT, Disk.List("/none").Error?.Errno);
        Assert.Equal(Errno.ENOTDIR, Disk.List(Path).Error?.Errno);
        Assert.Equal(Errno.ENOENT, Disk.Stat($"{Folder}/none").Error?.Errno);
        Assert.Equal(Errno.ENOENT, Write("/none/a", "one")?.Errno);
        Assert.Equal(Errno.EISDIR, Write(Folder, "one")?.Errno);
        Assert.Equal(Errno.ENAMETOOLONG, Write($"{Folder}/{new string('x', 256)}", "one")?.Errno);
        Assert.Equal(Errno.ENOENT, Disk.Sync($"{Folder}/none")?.Errno);
        Assert.Equal(Errno.ENOENT, Disk.Rename($"{Folder}/none", Path)?.Errno);
        Assert.Equal(Errno.ENOENT, Disk.Delete($"{Folder}/none")?.Errno);
        Assert.Equal(Errno.EISDIR, Disk.Delete(Folder)?.Errno);
        Assert.Equal(Errno.ENOTDIR, Disk.CreateDirectory($"{Path}/sub")?.Errno);
    }

    [Fact]
    public void A_rename_over_a_file_gives_it_another_inode_and_a_write_in_place_does_not()
    {
        Assert.Null(Write(Path, "one"));
        FileStamp first = Disk.Stat(Path).Value;
        Assert.Null(Write(Path, "two"));
        FileStamp inPlace = Disk.Stat(Path).Value;
        Assert.Equal(first.Inode, inPlace.Inode);
        Assert.NotEqual(first, inPlace);

        FileStamp folder = Disk.Stat(Folder).Value;
        Assert.Null(Write($"{Folder}/.tmp", "two"));
        Assert.Null(Disk.Rename($"{Folder}/.tmp", Path));
        Assert.NotEqual(first.Inode, Disk.Stat(Path).Value.Inode);
        Assert.NotEqual(folder, Disk.Stat(Folder).Value);
        Assert.Equal(["a.conflist"], Disk.List(Folder).Value!);
    }

    [Fact]
    public void Others_put_edit_and_remove_files()
    {
        Disk.Put("/etc/other/x.json", "one");
        long inode = Disk.Stat("/etc/other/x.json").Value.Inode;
        Disk.Put("/etc/other/x.json", "two");
        Assert.Equal(inode, Disk.Stat("/etc/other/x.json").Value.Inode);
        _host.World.PowerLoss();
        Assert.Equal(["/etc/other/x.json"], Disk.Files());
        Assert.Equal("two", Disk.Look("/etc/other/x.json")?.Text);
        Disk.Remove("/etc/other/x.json");
        Assert.Null(Disk.Look("/etc/other/x.json"));
    }

    [Theory]
    [InlineData(Errno.ENOSPC, "o")]
    [InlineData(Errno.EIO, "o")]
    [InlineData(Errno.EROFS, null)]
    public void A_full_disk_leaves_a_torn_file_and_a_read_only_one_none(Errno errno, string? left)
    {
        _host.World.Faults = call => call.Kind == CallKind.WriteFile ? Fault.Fail(errno) : Fault.None;
        Assert.Equal(errno, Write(Path, "one")?.Errno);
        Assert.Equal(left, Disk.Look(Path)?.Text);
    }

    [Fact]
    public void Durable_files_leave_nothing_behind_when_any_of_their_steps_fails()
    {
        Disk.Put(Path, "old");
        foreach (CallKind step in new[] { CallKind.WriteFile, CallKind.SyncFile, CallKind.RenameFile })
        {
            _host.World.Faults = call => call.Kind == step ? Fault.Fail(Errno.ENOSPC) : Fault.None;
            Assert.Equal(Errno.ENOSPC, new DurableFiles(Disk).Write(Path, "new"u8, 420)?.Errno);
            Assert.Equal([Path], Disk.Files());
            Assert.Equal("old", Disk.Look(Path)?.Text);
        }
    }

    public void Dispose() => _host.Dispose();

    private IoError? Write(string path, string text) => Disk.Write(path, Encoding.UTF8.GetBytes(text), 0b110_100_100);
}
