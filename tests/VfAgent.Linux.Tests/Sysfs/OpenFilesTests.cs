using VfAgent.Core.Kernel;

namespace VfAgent.Linux.Tests.Sysfs;

public sealed class OpenFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_process_that_has_a_file_below_the_folder_open_is_named()
    {
        string path = Path.Combine(_folder.Root, "group");
        using var kernel = new LinuxKernel();
        Assert.Empty(kernel.OpenFiles(_folder.Root).Value!);
        using FileStream once = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        using FileStream twice = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

        OpenFile found = Assert.Single(kernel.OpenFiles(_folder.Root).Value!);

        Assert.Equal(new OpenFile(path, Environment.ProcessId, File.ReadAllText("/proc/self/comm").TrimEnd()), found);
    }

    [Fact]
    public void A_folder_whose_name_only_begins_like_it_is_another_one()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Root, "vfio-other"));
        using FileStream other = File.Create(Path.Combine(_folder.Root, "vfio-other", "1"));
        using var kernel = new LinuxKernel();

        Assert.Empty(kernel.OpenFiles(Path.Combine(_folder.Root, "vfio")).Value!);
    }

    [Fact]
    public void Without_proc_the_error_is_said()
    {
        using var kernel = new LinuxKernel(procRoot: Path.Combine(_folder.Root, "none"));

        Assert.Equal(Errno.ENOENT, kernel.OpenFiles("/dev/vfio").Error!.Errno);
    }
}
