using VfAgent.Host;

namespace VfAgent.Tests.Doctor;

public sealed class ContainersConfTests : IDisposable
{
    private const string Packaged = "/usr/share/containers/containers.conf";
    private const string Local = "/etc/containers/containers.conf";
    private const string DropIns = "/etc/containers/containers.conf.d";

    private readonly Patient _patient = new();

    public void Dispose() => _patient.Dispose();

    [Fact]
    public void Without_files_podmans_defaults_hold()
    {
        ContainersConf conf = ContainersConf.Read(_patient.Disk, new Look());

        Assert.Null(conf.Backend);
        Assert.Equal("/etc/cni/net.d", conf.ConfigDirectory);
        Assert.Equal(["/usr/local/libexec/cni", "/usr/libexec/cni", "/usr/local/lib/cni", "/usr/lib/cni", "/opt/cni/bin"], conf.PluginDirectories);
    }

    [Fact]
    public void The_later_file_wins_and_drop_ins_come_last_in_the_order_of_their_names()
    {
        _patient.Disk.Put(Packaged, "[network]\nnetwork_backend = \"netavark\"\nnetwork_config_dir = \"/srv/net\"\n");
        _patient.Disk.Put(Local, "[network]\nnetwork_backend=\"cni\"");
        _patient.Disk.Put($"{DropIns}/90-b.conf", "[network]\nnetwork_backend='netavark'");
        _patient.Disk.Put($"{DropIns}/10-a.conf", "[network]\nnetwork_backend=\"cni\"");
        _patient.Disk.Put($"{DropIns}/99-not-read.conf.bak", "[network]\nnetwork_backend=\"other\"");

        ContainersConf conf = ContainersConf.Read(_patient.Disk, new Look());

        Assert.Equal(("netavark", $"{DropIns}/90-b.conf"), (conf.Backend, conf.BackendFile));
        Assert.Equal("/srv/net", conf.ConfigDirectory);
    }

    [Fact]
    public void Comments_other_tables_and_lists_over_several_lines_are_understood()
    {
        _patient.Disk.Put(Local, """
            # [network]
            [engine]
            network_backend = "not this one"
            [ network ] # "nor this"
            #network_backend = "nor this"
            default_subnet = "10.88.0.0/16" # a comment with a "quote" and a = sign
            cni_plugin_dirs = [
              "/opt/a#b", # the first
              '/opt/c',
            ]
            network_backend = "cni"
            [secrets]
            network_config_dir = "/not/this"
            """);

        ContainersConf conf = ContainersConf.Read(_patient.Disk, new Look());

        Assert.Equal(["/opt/a#b", "/opt/c"], conf.PluginDirectories);
        Assert.Equal("cni", conf.Backend);
        Assert.Equal("/etc/cni/net.d", conf.ConfigDirectory);
    }

    [Fact]
    public void Empty_values_are_as_good_as_none()
    {
        _patient.Disk.Put(Local, "[network]\nnetwork_backend = \"\"\ncni_plugin_dirs = []\nnetwork_config_dir = \"\"\n");

        ContainersConf conf = ContainersConf.Read(_patient.Disk, new Look());

        Assert.Null(conf.Backend);
        Assert.Equal("/etc/cni/net.d", conf.ConfigDirectory);
        Assert.Equal(5, conf.PluginDirectories.Count);
    }
}
