using VfAgent.Core.Kernel;
using VfAgent.Linux.Files;

namespace VfAgent.Linux.Tests.Files;

public sealed class FolderWatchTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly SemaphoreSlim _told = new(0);
    private readonly LinuxDisk _disk = new();
    private readonly IFolderWatch _watch;

    public FolderWatchTests()
    {
        _watch = _disk.Watch(() => _told.Release()).Value!;
        _watch.Cover([_folder.Root]);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _told.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_that_is_written_in_place_is_told()
    {
        File.WriteAllText(_folder.At("a.conflist"), "{}");

        AwaitTold();
    }

    [Fact]
    public void A_link_to_a_file_is_told()
    {
        File.CreateSymbolicLink(_folder.At("a.conflist"), "/dev/null");

        AwaitTold();
    }

    [Fact]
    public void A_file_that_is_removed_is_told()
    {
        string file = _folder.File("older/a.conflist", "{}");
        AwaitTold();
        _watch.Cover([Path.GetDirectoryName(file)!]);

        File.Delete(file);

        AwaitTold();
    }

    [Fact]
    public void Our_own_file_is_told_once_when_it_takes_its_place()
    {
        Assert.Null(new DurableFiles(_disk).Write(_folder.At("vfagent-a.conflist"), "{}"u8, 0b110_100_100));

        AwaitTold();
        Assert.Equal(0, _told.CurrentCount);
    }

    [Fact]
    public void A_folder_that_is_made_later_is_watched_once_it_is_covered_again()
    {
        string later = _folder.At("results");
        _watch.Cover([later]);
        Directory.CreateDirectory(later);
        _watch.Cover([later]);

        File.WriteAllText(Path.Combine(later, "net-1-eth1"), "{}");

        AwaitTold();
    }

    [Fact]
    public void Nothing_is_told_after_it_is_disposed()
    {
        _watch.Dispose();

        File.WriteAllText(_folder.At("a.conflist"), "{}");

        Assert.Equal(0, _told.CurrentCount);
    }

    private void AwaitTold() => Assert.True(_told.Wait(_patience, TestContext.Current.CancellationToken));
}
