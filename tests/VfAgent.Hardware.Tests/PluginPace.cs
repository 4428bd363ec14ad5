using System.Globalization;
using VfAgent.Hardware.Tests.Machines;

namespace VfAgent.Hardware.Tests;

/// <summary>How long the netavark plugin takes to give a container its VF and to take it back, measured against a bare shell script.</summary>
public sealed class PluginPace(SharedMachine shared)
{
    private const int Rounds = 15;
    private const double MostOverhead = 1.2;

    // As netavark calls it, and all that it asks of the VF.
    private const string Prepare = $$$"""
        {{{Package.Install}}}
        echo 1 >/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs
        udevadm settle
        ip netns add web
        cat >/run/input <<'EOF'
        {"container_id":"8f3c2b10ab1244cc9e","container_name":"web","port_mappings":null,
         "network":{"name":"f1-u","driver":"vfagent","options":{"vfagent.vfs":"0000:02:10.0"},"ipam_options":{"driver":"host-local"},
           "subnets":[{"subnet":"10.20.0.0/24","gateway":"10.20.0.1"}]},
         "network_options":{"interface_name":"f1u","static_ips":["10.20.0.50"],"static_mac":null}}
        EOF
        cat >/run/setup <<'EOF'
        #!/bin/sh -e
        ip link set dev "$(ls /sys/bus/pci/devices/0000:02:10.0/net)" netns web name f1u
        ip -n web address add 10.20.0.50/24 dev f1u
        ip -n web link set dev f1u up
        ip -n web route add default via 10.20.0.1 metric 99
        EOF
        cat >/run/teardown <<'EOF'
        #!/bin/sh -e
        ip -n web link set dev f1u down
        ip -n web link set dev f1u netns 1 name "$1"
        EOF
        chmod +x /run/setup /run/teardown
        """;

    // Microseconds of setup and teardown, by the plugin and by the script. Each begins when udev has done with what came before.
    private const string Round = """
        name=$(ls /sys/bus/pci/devices/0000:02:10.0/net)
        timed() {
          udevadm settle
          local start=${EPOCHREALTIME/./}
          "$@" </run/input >/dev/null
          echo $((${EPOCHREALTIME/./} - start))
        }
        timed /usr/lib/netavark/vfagent setup /run/netns/web
        timed /usr/lib/netavark/vfagent teardown /run/netns/web
        timed /run/setup
        timed /run/teardown "$name"
        """;

    [Fact]
    public async Task A_container_gets_its_vf_and_gives_it_back_in_at_most_a_fifth_longer_than_a_bare_shell_script_takes()
    {
        await Host.CleanAsync(shared.Machine);
        await shared.Machine.RunAsync(Prepare);
        try
        {
            // The first reads the files from the disk.
            await RoundAsync();
            Comparison comparison = new("plugin");
            for (int round = 0; round < Rounds; round++)
            {
                double[] times = await RoundAsync();
                TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"setup {times[0]:F3} s, teardown {times[1]:F3} s; by the script {times[2]:F3} s and {times[3]:F3} s"));
                comparison.Add(times[0] + times[1], times[2] + times[3]);
            }

            await comparison.HoldsAsync("A VF into a container and back", "the netavark plugin", MostOverhead);
        }
        finally
        {
            await shared.Machine.RunAsync("ip netns delete web");
        }
    }

    /// <returns>Seconds.</returns>
    private async Task<double[]> RoundAsync()
    {
        string times = await shared.Machine.RunAsync(Round);
        return [.. times.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(time => double.Parse(time, CultureInfo.InvariantCulture) / 1e6)];
    }
}
