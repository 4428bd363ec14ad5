using System.Text;
using VfAgent.Core.Kernel;
using VfAgent.Simulation;

namespace VfAgent.Core.Tests.Kernel;

public sealed class DurableFilesTests : IDisposable
{
    private const string Folder = "/etc/cni/net.d";
    private const string Target = Folder + "/vfagent-f1-u.conflist";
    private const int Mode = 0b110_100_100;

    private readonly SimulatedWorld _world = new([], TimeProvider.System);
    private readonly DurableFiles _files;

    public DurableFilesTests()
    {
        _world.Disk.Put(Target, "old", mode: 0b110_000_000);
        _files = new DurableFiles(_world.Disk);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_file_is_written_beside_its_target_synced_renamed_and_its_folder_synced()
    {
        Assert.Null(Write("new"));
        Assert.Equal([CallKind.WriteFile, CallKind.SyncFile, CallKind.RenameFile, CallKind.SyncFile], _world.Log.Select(entry => entry.Call.Kind));
        Assert.Equal(Folder, _world.Log[^1].Call.Path);
        Assert.Equal(new SimulatedFile("new", Mode), _world.Disk.Look(Target));
        Assert.Equal([Target], _world.Disk.Files(Folder));
    }

    [Theory]
    [InlineData(1, Errno.ENOSPC)]
    [InlineData(1, Errno.EACCES)]
    [InlineData(2, Errno.EIO)]
    [InlineData(3, Errno.EIO)]
    public void A_failure_leaves_the_old_content_and_no_other_file(int call, Errno errno)
    {
        FailCall(call, errno);
        Assert.Equal(errno, Write("new")?.Errno);
        Assert.Equal("old", _world.Disk.Look(Target)?.Text);
        Assert.Equal([Target], _world.Disk.Files(Folder));
    }

    [Fact]
    public void A_failure_to_sync_the_folder_is_told_though_the_new_content_is_there()
    {
        FailCall(4, Errno.EIO);
        Assert.Equal(Errno.EIO, Write("new")?.Errno);
        Assert.Equal("new", _world.Disk.Look(Target)?.Text);
        Assert.Equal([Target], _world.Disk.Files(Folder));
    }

    [Theory]
    [InlineData(1, "old")]
    [InlineData(2, "old")]
    [InlineData(3, "new")]
    [InlineData(4, "new")]
    public void A_crash_after_any_call_leaves_the_old_content_or_the_new(int call, string content)
    {
        _world.Faults = c => c.Number == call ? Fault.CrashAfter : Fault.None;
        Assert.Throws<SimulatedCrashException>(() => Write("new"));
        _world.Restart();
        _world.Faults = null;

        Assert.Null(new DurableFiles(_world.Disk).RemoveLeftovers(Folder));
        Assert.Equal(content, _world.Disk.Look(Target)?.Text);
        Assert.Equal([Target], _world.Disk.Files(Folder));
    }

    [Fact]
    public void A_power_loss_after_a_write_does_not_bring_the_old_content_back()
    {
        Assert.Null(Write("new"));
        _world.PowerLoss();
        Assert.Equal("new", _world.Disk.Look(Target)?.Text);
    }

    [Fact]
    public void A_power_loss_after_a_removal_does_not_bring_the_file_back()
    {
        Assert.Null(_files.Delete(Target));
        _world.PowerLoss();
        Assert.Null(_world.Disk.Look(Target));
    }

    [Fact]
    public void A_removal_whose_sync_failed_is_made_sure_of_by_the_next()
    {
        FailCall(2, Errno.EIO);
        Assert.Equal(Errno.EIO, _files.Delete(Target)?.Errno);
        Assert.Null(_files.Delete(Target));
        _world.PowerLoss();
        Assert.Null(_world.Disk.Look(Target));
    }

    [Theory]
    [InlineData(Folder + "/nothing")]
    [InlineData("/no/such/folder/nothing")]
    public void Removing_what_is_not_there_is_no_error(string path) => Assert.Null(_files.Delete(path));

    [Fact]
    public void A_removal_that_fails_leaves_the_file()
    {
        FailCall(1, Errno.EROFS);
        Assert.Equal(Errno.EROFS, _files.Delete(Target)?.Errno);
        Assert.Equal("old", _world.Disk.Look(Target)?.Text);
    }

    [Theory]
    [InlineData(".vfagent-vfagent-f1-u.conflist.tmp", true)]
    [InlineData("vfagent-f1-u.conflist", false)]
    [InlineData(".vfagent-x.conflist", false)]
    [InlineData("10-mine.tmp", false)]
    [InlineData(".mine.tmp", false)]
    public void Only_our_temporary_files_are_leftovers(string name, bool removed)
    {
        _world.Disk.Put($"{Folder}/{name}", "half");
        Assert.Null(_files.RemoveLeftovers(Folder));
        Assert.Equal(removed, _world.Disk.Look($"{Folder}/{name}") is null);
    }

    [Fact]
    public void A_folder_that_is_not_there_has_no_leftovers() => Assert.Null(_files.RemoveLeftovers("/no/such/folder"));

    [Fact]
    public void A_leftover_that_cannot_be_removed_is_told()
    {
        _world.Disk.Put($"{Folder}/.vfagent-x.tmp", "half");
        FailCall(1, Errno.EROFS);
        Assert.Equal(Errno.EROFS, _files.RemoveLeftovers(Folder)?.Errno);
    }

    private IoError? Write(string text) => _files.Write(Target, Encoding.UTF8.GetBytes(text), Mode);

    private void FailCall(int number, Errno errno) => _world.Faults = call => call.Number == number ? Fault.Fail(errno) : Fault.None;
}
