using System.Buffers.Binary;
using System.Text;
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
    public void A_folder_that_is_not_there_yet_is_told_when_it_is_made_at_last()
    {
        string missing = _folder.At("cni/results");
        _watch.Cover([missing]);

        Directory.CreateDirectory(_folder.At("cni"));
        AwaitTold();
        _watch.Cover([missing]);
        Directory.CreateDirectory(missing);
        AwaitTold();
    }

    [Fact]
    public void A_folder_goes_on_to_be_watched_that_is_also_above_one_that_is_not_there()
    {
        _watch.Cover([_folder.At("missing")]);
        for (int i = 0; i < 2; i++)
        {
            File.WriteAllText(_folder.At($"{i}.conflist"), "{}");
            AwaitTold();
        }
    }

    [Fact]
    public void Our_own_file_is_told_when_it_takes_its_place()
    {
        Assert.Null(new DurableFiles(_disk).Write(_folder.At("vfagent-a.conflist"), "{}"u8, 0b110_100_100));

        AwaitTold();
    }

    [Theory]
    [InlineData(".vfagent-vfagent-a.conflist.tmp", false)]
    [InlineData("vfagent-a.conflist", true)]
    [InlineData(".vfagent-a", true)]
    [InlineData("", true)]
    public void Events_of_our_temporary_files_do_not_matter(string name, bool matters)
    {
        byte[] temporary = Event(".vfagent-b.tmp");
        byte[] named = Event(name);

        Assert.Equal(matters, FolderWatch.MatterIn([.. temporary, .. named]));
        Assert.Equal(matters, FolderWatch.MatterIn([.. named, .. temporary]));
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
        // Another watch on the same folder tells when the first would have been told, and more than once.
        using var other = new SemaphoreSlim(0);
        using IFolderWatch witness = _disk.Watch(() => other.Release()).Value!;
        witness.Cover([_folder.Root]);
        _watch.Dispose();

        for (int time = 0; time < 10; time++)
        {
            File.WriteAllText(_folder.At("a.conflist"), "{}");
            Assert.True(other.Wait(_patience, TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, _told.CurrentCount);
    }

    // struct inotify_event (inotify(7)) with its name, padded with NULs to a multiple of its own size.
    private static byte[] Event(string name)
    {
        int length = (name.Length + 16) / 16 * 16;
        byte[] bytes = new byte[16 + length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), length);
        Encoding.UTF8.GetBytes(name, bytes.AsSpan(16));
        return bytes;
    }

    private void AwaitTold() => Assert.True(_told.Wait(_patience, TestContext.Current.CancellationToken));
}
