using VfAgent.Core.Kernel;
using VfAgent.Linux.Sysfs;

namespace VfAgent.Linux.Tests.Sysfs;

public sealed class ModuleLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("modprobe: FATAL: Module vfio_pci not found in directory /lib/modules/6.1.0-56-amd64", Errno.ENOENT)]
    [InlineData("modprobe: module vfio_pci not found in modules.dep", Errno.ENOENT)]
    [InlineData("modprobe: ERROR: could not insert 'vfio_pci': Operation not permitted", Errno.EPERM)]
    [InlineData("modprobe: ERROR: could not insert 'vfio_pci': Key was rejected by service", Errno.EIO)]
    [InlineData("", Errno.EIO)]
    public void Modprobes_words_become_an_errno(string words, Errno expected) => Assert.Equal(expected, ModuleLoader.ErrnoOf(words));

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a b")]
    [InlineData("vfio_pci\n")]
    [InlineData("é")]
    public void What_is_no_module_name_is_EINVAL_and_not_tried(string name) =>
        Assert.Equal(Errno.EINVAL, ModuleLoader.Load(name, _folder.Root)?.Errno);

    [Fact]
    public void A_module_that_this_kernel_does_not_have_is_ENOENT() =>
        Assert.Equal(Errno.ENOENT, ModuleLoader.Load("vfagent_no_such_module", _folder.Root)?.Errno);

    [Theory]
    [InlineData("initstate", "live\n")]
    [InlineData("parameters/of_one_that_is_built_in", "")]
    public void A_module_that_is_there_already_is_success(string attribute, string content)
    {
        _folder.File($"module/vfagent_no_such_module/{attribute}", content);

        Assert.Null(ModuleLoader.Load("vfagent-no-such-module", _folder.Root));
    }
}
