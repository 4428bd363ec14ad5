using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>The Debian package comes and goes.</summary>
public sealed class Installation(SharedMachine shared)
{
    [Fact]
    public async Task A_package_brings_the_agent_where_systemd_and_runtimes_look_and_leaves_nothing()
    {
        await Host.CleanAsync(shared.Machine);
        await shared.Machine.RunAsync(Package.Install);

        Assert.Equal("/usr/bin/vfagent\n/usr/bin/vfagent\n", await shared.Machine.RunAsync("readlink -f /usr/lib/netavark/vfagent /usr/lib/cni/vfagent"));
        Assert.Contains("supportedVersions", await shared.Machine.RunAsync("CNI_COMMAND=VERSION /usr/lib/cni/vfagent </dev/null"), StringComparison.Ordinal);
        Assert.Contains("ExecStart=/usr/bin/vfagent run", await shared.Machine.RunAsync("cat /usr/lib/systemd/system/vfagent.service"), StringComparison.Ordinal);

        string left = await shared.Machine.RunAsync($"""
            mkdir -p /etc/vfagent /var/lib/vfagent
            dpkg --purge vfagent >/dev/null
            find /etc /usr /var -name '*vfagent*' -not -path '/var/log/*'
            {Package.Install}
            """);
        Assert.Equal("", left);
    }
}
