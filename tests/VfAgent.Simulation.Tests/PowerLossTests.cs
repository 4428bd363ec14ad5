using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

public sealed class PowerLossTests : IDisposable
{
    private const string Folder = "/var/lib/vfagent";
    private const string Path = $"{Folder}/a";

    private readonly Host _host = new();

    public PowerLossTests() => Assert.Null(_host.Disk.CreateDirectory(Folder));

    private SimulatedDisk Disk => _host.Disk;

    [Fact]
    public void A_crash_of_the_process_loses_nothing()
    {
        Assert.Null(Disk.Write(Path, "one"u8, 420));
        _host.World.Restart();
        Assert.Equal("one", Disk.Look(Path)?.Text);
    }

    [Fact]
    public void An_orderly_reboot_loses_nothing()
    {
        Assert.Null(Disk.Write(Path, "one"u8, 420));
        _host.World.Reboot();
        _host.World.PowerLoss();
        Assert.Equal("one", Disk.Look(Path)?.Text);
    }

    [Theory]
    [InlineData(false, false, null)]
    [InlineData(true, false, null)]
    [InlineData(false, true, "")]
    [InlineData(true, true, "one")]
    public void A_new_file_needs_both_itself_and_its_folder_synced(bool file, bool folder, string? left)
    {
        Assert.Null(Disk.Write(Path, "one"u8, 420));
        if (file)
            Assert.Null(Disk.Sync(Path));

        if (folder)
            Assert.Null(Disk.Sync(Folder));

        _host.World.PowerLoss();
        Assert.Equal(left, Disk.Look(Path)?.Text);
        Assert.True(Disk.Stat(Folder).Ok);
    }

    [Fact]
    public void A_rename_and_a_removal_are_undone_unless_the_folder_is_synced()
    {
        Disk.Put(Path, "old");
        Disk.Put($"{Folder}/b", "new");
        Assert.Null(Disk.Rename($"{Folder}/b", Path));
        _host.World.PowerLoss();
        Assert.Equal("old new", $"{Disk.Look(Path)?.Text} {Disk.Look($"{Folder}/b")?.Text}");

        Assert.Null(Disk.Delete($"{Folder}/b"));
        _host.World.PowerLoss();
        Assert.Equal("new", Disk.Look($"{Folder}/b")?.Text);

        Assert.Null(Disk.Rename($"{Folder}/b", Path));
        Assert.Null(Disk.Sync(Folder));
        _host.World.PowerLoss();
        Assert.Equal([Path], Disk.Files());
        Assert.Equal("new", Disk.Look(Path)?.Text);
    }

    [Fact]
    public void A_lying_sync_keeps_nothing()
    {
        _host.World.Faults = call => call.Kind == CallKind.SyncFile ? Fault.Lie : Fault.None;
        Assert.Null(new DurableFiles(Disk).Write(Path, "one"u8, 420));
        _host.World.PowerLoss();
        Assert.Null(Disk.Look(Path));
    }

    [Fact]
    public void By_chance_unsynced_data_is_lost_kept_or_torn_and_a_rename_done_or_not()
    {
        var outcomes = new HashSet<string>(StringComparer.Ordinal);
        for (int seed = 0; seed < 100; seed++)
        {
            using var host = new Host(options: SimulationOptions.Immediate with { Seed = seed });
            host.Disk.Put(Path, "old");
            host.Disk.Write($"{Folder}/b", "brand new"u8, 420);
            host.Disk.Rename($"{Folder}/b", Path);
            host.World.PowerLoss(chance: true);
            outcomes.Add(string.Join(' ', host.Disk.Files().Select(file => $"{file[^1..]}={host.Disk.Look(file)!.Text}")));
        }

        Assert.Superset(new HashSet<string> { "a=old", "a=", "a=brand new", "a=old b=brand new", "a=old b=" }, outcomes);
        Assert.Contains(outcomes, outcome => outcome.StartsWith("a=br", StringComparison.Ordinal) && outcome != "a=brand new");
    }

    [Fact]
    public void Durable_files_are_old_or_new_whole_after_a_power_loss_behind_any_step()
    {
        for (int step = 1; step <= 4; step++)
        {
            for (int seed = 0; seed < 40; seed++)
            {
                using var host = new Host(options: SimulationOptions.Immediate with { Seed = seed });
                host.Disk.Put(Path, "the old content");
                int last = step;
                host.World.Faults = call => call.Number == last ? Fault.CrashAfter : Fault.None;
                Assert.Throws<SimulatedCrashException>(() => new DurableFiles(host.Disk).Write(Path, "the new content"u8, 420));
                host.World.PowerLoss(chance: true);
                string text = host.Disk.Look(Path)!.Text;
                Assert.True(text == "the new content" || (text == "the old content" && step < 4), $"step {step}, seed {seed}: {text}");
                Assert.Null(new DurableFiles(host.Disk).RemoveLeftovers(Folder));
                Assert.Equal([Path], host.Disk.Files());
            }
        }
    }

    [Fact]
    public void A_power_loss_is_a_reboot_as_well()
    {
        string bootId = _host.Read("/proc/sys/kernel/random/boot_id");
        _host.SetNumVfs(2);
        _host.World.PowerLoss();
        Assert.Equal("0", _host.Read($"{Host.Pf}/sriov_numvfs"));
        Assert.NotEqual(bootId, _host.Read("/proc/sys/kernel/random/boot_id"));
    }

    public void Dispose() => _host.Dispose();
}
